import {
  type ClientRequest,
  Agent as HttpAgent,
  type IncomingMessage,
  request as requestHttp,
} from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import type { Clock } from '../clock.ts'
import { isPrivateAddress } from '../private-address.ts'
import { withTimeLimit } from '../time-limit.ts'
import { PrivateAddress, publicLookup } from './public-lookup.ts'
import { retryAfterMs } from './retry-after.ts'
import { whyUnanswered } from './unanswered.ts'

export interface Post {
  /** http or https. */
  readonly url: string
  /** Whether the host may have an address that is not public. */
  readonly isPrivateAllowed: boolean
  /** In lower case. They may replace the content type, which is JSON. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type PostOutcome =
  | {
      readonly kind: 'answered'
      readonly status: number
      /** From the answer's `Retry-After`. */
      readonly retryAfterMs: number | undefined
    }
  /** `error` reveals neither the address nor any part of an answer. */
  | { readonly kind: 'unanswered'; readonly error: string }
  /** We cut it off because the daemon stops. */
  | { readonly kind: 'cut' }

/** How an exchange ended. */
type Ending =
  | { readonly kind: 'answer'; readonly status: number; readonly retryAfter: string | undefined }
  | { readonly kind: 'broken'; readonly error: string; readonly wasKept: boolean }

/** For the whole exchange: connecting, waiting for the answer and reading it. */
const WITHIN_SECONDS = 10
/** Only the status of an answer is used. This much is read, so that its connection can be reused. */
const MOST_ANSWER_BYTES = 4_096
/** Most servers close connections that are idle for 5 s, so ours are closed earlier. */
const KEPT = { keepAlive: true, timeout: 4_000 }

const PUBLIC = { lookup: publicLookup() }

function agents(reach: Partial<typeof PUBLIC>) {
  const options = { ...KEPT, ...reach }
  return { 'http:': new HttpAgent(options), 'https:': new HttpsAgent(options) }
}

/**
 * Posts messages with node:http instead of `fetch`, which follows or hides redirects, decompresses bodies, and keeps
 * connections that cannot be closed.
 */
export class Sender {
  readonly #userAgent: string
  readonly #clock: Clock
  /** Separate agents, so that a connection to a private address is never reused by a webhook that may not have it. */
  readonly #agents = { toAll: agents({}), toPublic: agents(PUBLIC) }

  constructor({ version, clock }: { version: string; clock: Clock }) {
    this.#userAgent = `tikmeter/${version}`
    this.#clock = clock
  }

  /** Never rejects. `cut` aborts the post. */
  async post(post: Post, cut: AbortSignal): Promise<PostOutcome> {
    const limit = { clock: this.#clock, ms: WITHIN_SECONDS * 1_000, cut }
    return withTimeLimit(limit, async end => {
      const first = await this.#exchange(post, true, end)
      // The server had closed the kept connection before we wrote to it.
      const isStale = first.kind === 'broken' && first.wasKept && !end.aborted
      return this.#outcome(isStale ? await this.#exchange(post, false, end) : first, end, cut)
    })
  }

  /** Closes the kept connections. */
  close(): void {
    for (const kept of Object.values(this.#agents)) for (const agent of Object.values(kept)) agent.destroy()
  }

  #outcome(ending: Ending, end: AbortSignal, cut: AbortSignal): PostOutcome {
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
      // Some URLs can be parsed but not requested, for example with a stray `%` in the password.
      return { kind: 'broken', error: 'unusable URL', wasKept: false }
    }
    return endingOf(request, post.body, end)
  }

  /** @throws PrivateAddress if the URL contains a private address; names are checked by the connection's lookup */
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

/** Once the status has arrived it counts, however the rest of the answer ends. */
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
