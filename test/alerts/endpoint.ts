import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect } from 'vitest'
import { listening } from '../runtime/listening.ts'

export interface Received {
  readonly id: string
  readonly path: string
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export type Answering = (response: ServerResponse, received: Received, request: IncomingMessage) => void

/** An endpoint on loopback that accepts everything, or answers as the test wants. Each path is a webhook. */
export class Endpoint {
  /** Everything that was posted, whatever the answer. */
  readonly received: Received[] = []
  /** Number of connections so far. */
  connections = 0
  /** Number of open connections. */
  open = 0
  answering: Answering = response => response.end('thank you')
  #underWay = new Map<string, number>()
  /** The greatest number of posts to a path at the same time. */
  readonly most = new Map<string, number>()
  #port = 0

  /** Listens until the test ends. */
  async listen(): Promise<void> {
    const server = createServer(async (request, response) => {
      const { url: path = '', method = '', headers } = request
      const begun = (this.#underWay.get(path) ?? 0) + 1
      this.#underWay.set(path, begun)
      this.most.set(path, Math.max(begun, this.most.get(path) ?? 0))
      response.on('close', () => this.#underWay.set(path, (this.#underWay.get(path) ?? 0) - 1))
      const received = { id: String(headers['webhook-id']), path, method, headers, body: await text(request) }
      this.received.push(received)
      this.answering(response, received, request)
    })
    server.on('connection', socket => {
      this.connections++
      this.open++
      socket.on('close', () => this.open--)
    })
    this.#port = await listening(server)
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.#port}${path}`
  }

  get ids(): readonly string[] {
    return this.received.map(({ id }) => id)
  }

  /** Resolves after this many posts. */
  async untilReceived(count: number): Promise<void> {
    await expect
      .poll(() => this.received.length, { interval: 2, timeout: 10_000 })
      .toBeGreaterThanOrEqual(count)
  }
}
