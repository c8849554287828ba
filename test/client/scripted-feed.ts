import { createServer, type IncomingMessage, type Server } from 'node:http'
import { type WebSocket, WebSocketServer } from 'ws'
import { START } from '../feed/feed-fixture.ts'

/** A connection to a scripted feed. */
export class ScriptedConnection {
  readonly socket: WebSocket
  readonly request: IncomingMessage
  readonly closed: Promise<void>
  readonly heard: unknown[] = []
  #read = 0
  #arrived: () => void = () => {}

  constructor(socket: WebSocket, request: IncomingMessage) {
    this.socket = socket
    this.request = request
    this.closed = new Promise(resolve => socket.on('close', () => resolve()))
    socket.on('message', data => {
      this.heard.push(JSON.parse(data.toString()))
      this.#arrived()
    })
  }

  /** The next message from the client. */
  async next(): Promise<unknown> {
    while (this.heard.length <= this.#read) {
      await new Promise<void>(resolve => {
        this.#arrived = resolve
      })
    }
    this.#read += 1
    return this.heard[this.#read - 1]
  }

  say(message: object): void {
    this.socket.send(JSON.stringify(message))
  }

  /** Accepts any token. */
  async welcome(tenants: readonly string[] = ['acme']): Promise<void> {
    await this.next()
    this.say({ type: 'welcome', role: 'tenant', tenants, interval_ms: 5000, server_version: '0.1.0' })
  }

  snapshot(seq: number): void {
    const as_of = new Date(START.getTime() + seq).toISOString()
    this.say({ type: 'snapshot', tenant: 'acme', seq, as_of, stats: {}, routers: [] })
  }
}

/** A feed on a free port that does only what the test says. */
export class ScriptedFeed {
  readonly #http: Server = createServer()
  readonly #sockets = new WebSocketServer({ server: this.#http })
  readonly #connections: ScriptedConnection[] = []
  #arrived: () => void = () => {}
  /** Number of connections so far. */
  accepted = 0

  async start(): Promise<this> {
    this.#sockets.on('connection', (socket, request) => {
      this.accepted += 1
      this.#connections.push(new ScriptedConnection(socket, request))
      this.#arrived()
    })
    await new Promise<void>(resolve => this.#http.listen(0, '127.0.0.1', resolve))
    return this
  }

  get url(): string {
    const address = this.#http.address()
    if (typeof address !== 'object' || address === null) throw new Error('the feed is not listening')
    return `ws://127.0.0.1:${address.port}/ws`
  }

  /** The next connection. */
  async next(): Promise<ScriptedConnection> {
    for (;;) {
      const connection = this.#connections.shift()
      if (connection !== undefined) return connection
      await new Promise<void>(resolve => {
        this.#arrived = resolve
      })
    }
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate()
    await new Promise(resolve => this.#sockets.close(resolve))
    await new Promise(resolve => this.#http.close(resolve))
  }
}
