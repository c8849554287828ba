import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { text } from 'node:stream/consumers'

/** The signatures of the `pusher` package; its types lack them. */
const { Token }: { readonly Token: new (key: string, secret: string) => Verifying } = createRequire(
  import.meta.url,
)('pusher')

interface Verifying {
  verify(text: string, signature: string): boolean
}

export const APP = { app: '123456', key: 'a-key', secret: 'the secret of the app' }

/** An event as a Pusher server got it. */
export interface PublishedEvent {
  readonly path: string
  readonly name: string
  readonly channel: string
  readonly data: unknown
}

/**
 * The HTTP API of a Pusher server: verifies each request with the `pusher` package, and keeps its events. It checks what
 * Pusher checks: the signature over method, path and sorted query, the body's MD5, the age, and the limits of a request.
 */
export class PusherApi {
  readonly events: PublishedEvent[] = []
  /** Why requests were refused. */
  readonly refused: string[] = []
  /** Number of requests. */
  requests = 0
  /** Number of requests at the same time, at the most. */
  most = 0
  /** Answers instead of accepting, if it returns true. */
  answering: (response: ServerResponse) => boolean | Promise<boolean> = () => false
  #underWay = 0
  readonly #nowMs: () => number
  #server: Server | undefined
  #port = 0

  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs
  }

  get port(): number {
    return this.#port
  }

  async listen(): Promise<void> {
    this.#server = createServer((request, response) => void this.#take(request, response))
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    if (address !== null && typeof address !== 'string') this.#port = address.port
  }

  async close(): Promise<void> {
    const server = this.#server
    if (!server?.listening) return
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1
    this.#underWay += 1
    this.most = Math.max(this.most, this.#underWay)
    response.on('close', () => {
      this.#underWay -= 1
    })
    const body = await text(request).catch(() => undefined)
    if (body === undefined) return
    if (await this.answering(response)) return
    const fault = this.#faultOf(request, body)
    if (fault !== undefined) {
      this.refused.push(fault)
      response.writeHead(401).end(fault)
      return
    }
    const { pathname: path } = new URL(request.url ?? '', 'http://x')
    for (const event of eventsIn(body)) this.events.push({ ...event, path })
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  }

  #faultOf({ url = '', method = '', headers }: IncomingMessage, body: string): string | undefined {
    const { pathname, searchParams } = new URL(url, 'http://x')
    if (!/^\/apps\/123456\/(?:batch_)?events$/.test(pathname)) return `unknown path ${pathname}`
    if (headers['content-type'] !== 'application/json') return 'not JSON'
    const signature = searchParams.get('auth_signature') ?? ''
    searchParams.delete('auth_signature')
    const query = [...searchParams]
      .map(([name, value]) => `${name}=${value}`)
      .sort()
      .join('&')
    const token = new Token(APP.key, APP.secret)
    if (searchParams.get('auth_key') !== APP.key) return 'wrong key'
    if (!token.verify(`${method}\n${pathname}\n${query}`, signature)) return 'wrong signature'
    if (searchParams.get('auth_version') !== '1.0') return 'wrong version'
    if (searchParams.get('body_md5') !== createHash('md5').update(body).digest('hex')) return 'wrong body_md5'
    const ageSeconds = Math.abs(this.#nowMs() / 1_000 - Number(searchParams.get('auth_timestamp')))
    if (!(ageSeconds < 600)) return 'too old'
    const batch = JSON.parse(body).batch ?? []
    if (batch.length > 10) return 'more than ten events'
    if (eventsIn(body).some(({ data }) => JSON.stringify(data).length > 10_240)) return 'too long'
    return undefined
  }
}

function eventsIn(body: string): readonly Omit<PublishedEvent, 'path'>[] {
  const { batch, name, channels, data } = JSON.parse(body)
  const all: readonly { readonly name: string; readonly channel: string; readonly data: string }[] =
    batch ?? channels.map((channel: string) => ({ name, channel, data }))
  return all.map(it => ({ name: it.name, channel: it.channel, data: JSON.parse(it.data) }))
}
