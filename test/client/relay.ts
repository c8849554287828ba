import { connect, createServer, type Server, type Socket } from 'node:net'

/** `frozen`: accepts connections and bytes and forwards none, like a network that died silently. */
export type Way = 'through' | 'byte by byte' | 'frozen'

/** The network between a client and a feed. The feed may move to another port. */
export class Relay {
  way: Way = 'through'
  targetPort: number
  readonly #server: Server = createServer(socket => this.#relay(socket))
  readonly #sockets = new Set<Socket>()
  #taken = 0

  constructor(targetPort: number) {
    this.targetPort = targetPort
  }

  get url(): string {
    const address = this.#server.address()
    if (typeof address !== 'object' || address === null) throw new Error('the relay is not listening')
    return `ws://127.0.0.1:${address.port}/ws`
  }

  /** Number of connections accepted so far. */
  get taken(): number {
    return this.#taken
  }

  async start(): Promise<this> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }

  #relay(near: Socket): void {
    this.#taken++
    const far = connect(this.targetPort, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from)
      from.setNoDelay()
      from.on('data', bytes => void this.#pass(bytes, to))
      from.on('error', () => {})
      from.on('close', () => {
        this.#sockets.delete(from)
        if (this.way !== 'frozen') to.destroy()
      })
    }
  }

  async #pass(bytes: Buffer, to: Socket): Promise<void> {
    if (this.way === 'frozen') return
    if (this.way === 'through') to.write(bytes)
    else
      for (let at = 0; at < bytes.length; at += 1) {
        to.write(bytes.subarray(at, at + 1))
        if (at % 16 === 0) await new Promise(resolve => setImmediate(resolve))
      }
  }
}
