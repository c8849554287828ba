import {
  type ClientRequest,
  Agent as HttpAgent,
  type IncomingMessage,
  request as requestHttp,
} from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import type { Clock } from '../runtime/clock.ts'
import { isPrivateAddress } from '../runtime/private-address.ts'
import { PrivateAddress, publicLookup } from './public-lookup.ts'
import { type Outcome, retryAfterMs } from './retry.ts'
import { whyUnanswered } from './unanswered.ts'

export interface Post {
  /** http or https. */
  readonly url: string
  /** Whether it may be at an address that is no host's on the internet. */
  readonly isPrivateAllowed: boolean
  readonly headers: Readonly<Record<string, string>>
  /** JSON. */
  readonly body: string
}

/** How an exchange ended, whoever ended it. */
type Ending =
  | { readonly kind: 'answer'; readonly status: number; readonly retryAfter: string | undefined }
  | { readonly kind: 'broken'; readonly error: string; readonly wasKept: boolean }

/** For all of an exchange: to connect, to be answered, to read the answer. */
const WITHIN_SECONDS = 10
/** Of an answer nothing but its status is of use: so much is read, that its connection can be used again. */
const MOST_ANSWER_BYTES = 4_096
/** Most servers close what was idle for 5 s: a connection is not kept as long. */
const KEPT = { keepAlive: true, timeout: 4_000 }

const PUBLIC = { lookup: publicLookup() }

function agents(reach: Partial<typeof PUBLIC>) {
  const options = { ...KEPT, ...reach }
  return { 'http:': new HttpAgent(options), 'https:': new HttpsAgent(options) }
}

/**
 * Posts messages. By node:http, not by `fetch`: that one follows redirects or hides them, unpacks what it is sent, and
 * keeps connections that nobody can close.
 */
export class Sender {
  readonly #userAgent: string
  readonly #clock: Clock
  /** Apart, so that no connection is kept for those who may not have it. */
  readonly #agents = { toAll: agents({}), toPublic: agents(PUBLIC) }

  constructor({ version, clock }: { version: string; clock: Clock }) {
    this.#userAgent = `tikmeter/${version}`
    this.#clock = clock
  }

  /** Never rejects. A signal that aborts cuts it off. */
  async post(post: Post, cut: AbortSignal): Promise<Outcome> {
    const end = new AbortController()
    const done = new AbortController()
    const stop = () => end.abort()
    cut.addEventListener('abort', stop)
    if (cut.aborted) stop()
    void this.#clock.sleep(WITHIN_SECONDS * 1_000, done.signal).then(stop)
    try {
      const first = await this.#exchange(post, true, end.signal)
      // A kept connection, which its server had closed by the time that we wrote to it.
      const isStale = first.kind === 'broken' && first.wasKept && !end.signal.aborted
      return this.#outcome(isStale ? await this.#exchange(post, false, end.signal) : first, end.signal, cut)
    } finally {
      done.abort()
      cut.removeEventListener('abort', stop)
    }
  }

  /** Closes the connections that are kept. */
  close(): void {
    for (const kept of Object.values(this.#agents)) for (const agent of Object.values(kept)) agent.destroy()
  }

  #outcome(ending: Ending, end: AbortSignal, cut: AbortSignal): Outcome {
    if (ending.kind === 'answer') {
      const { status, retryAfter } = ending
      return { kind: 'answered', status, retryAfterMs: retryAfterMs(retryAfter, this.#clock.now()) }
    }
    if (cut.aborted) return { kind: 'cut' }
    return { kind: 'unanswered', error: end.aborted ? `no answer within ${WITHIN_SECONDS} s` : ending.error }
  }

  async #exchange(post: Post, isKept: boolean, end: AbortSignal): Promise<Ending> {
    let request: ClientRequest
    try {
      request = this.#open(post, isKept)
    } catch (error) {
      if (error instanceof PrivateAddress)
        return { kind: 'broken', error: whyUnanswered(error), wasKept: false }
      // One that can be parsed and not be asked, as with a `%` too many in its password.
      return { kind: 'broken', error: 'address not usable', wasKept: false }
    }
    return endingOf(request, post.body, end)
  }

  /** @throws PrivateAddress where the address itself is one; a name is looked up by the connection */
  #open({ url, headers, isPrivateAllowed }: Post, isKept: boolean): ClientRequest {
    const target = new URL(url)
    const address = target.hostname.replace(/^\[(.*)\]$/, '$1')
    if (!isPrivateAllowed && isIP(address) !== 0 && isPrivateAddress(address))
      throw new PrivateAddress('the address is private')
    const isTls = target.protocol === 'https:'
    const agents = isPrivateAllowed ? this.#agents.toAll : this.#agents.toPublic
    const agent = isKept && agents[isTls ? 'https:' : 'http:']
    const own = { 'content-type': 'application/json', 'user-agent': this.#userAgent }
    const reach = isPrivateAllowed ? {} : PUBLIC
    const options = { ...reach, method: 'POST', agent, headers: { ...own, ...headers } }
    return isTls ? requestHttps(target, options) : requestHttp(target, options)
  }
}

/** What was answered counts from its status on, however the rest of it goes. */
function endingOf(request: ClientRequest, body: string, end: AbortSignal): Promise<Ending> {
  return new Promise(resolve => {
    let answer: Ending | undefined
    let failure: Error | undefined
    const destroy = () => request.destroy()
    end.addEventListener('abort', destroy)
    if (end.aborted) destroy()
    request.on('response', response => {
      const { statusCode = 0, headers } = response
      answer = { kind: 'answer', status: statusCode, retryAfter: headers['retry-after'] }
      readLittle(response)
    })
    request.on('error', error => {
      failure ??= error
    })
    request.on('close', () => {
      end.removeEventListener('abort', destroy)
      resolve(answer ?? { kind: 'broken', error: whyUnanswered(failure), wasKept: request.reusedSocket })
    })
    request.end(body)
  })
}

function readLittle(response: IncomingMessage): void {
  let bytes = 0
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > MOST_ANSWER_BYTES) response.destroy()
  })
  response.on('error', () => {})
}
