import { WebSocket, WebSocketServer } from 'ws'
import { systemClock } from '../../../../src/runtime/clock.ts'
import { INTERVAL_MS } from './feed-messages.ts'

/** As in the README of `ws`. */
const HEARTBEAT_MS = 30_000

interface Room {
  readonly frame: Buffer
  readonly sockets: Set<WebSocket>
}

/** The cost of `ws` alone: a room for each tenant, to which a prepared frame is sent every second. */
export class BareServer {
  readonly #rooms: readonly Room[]
  readonly #server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })

  constructor(frames: readonly Buffer[]) {
    this.#rooms = frames.map(frame => ({ frame, sockets: new Set() }))
  }

  /** @returns the port */
  async start(): Promise<number> {
    this.#server.on('connection', (socket, { headers }) => {
      const room = this.#rooms[Number(headers['x-tenant'])]
      room?.sockets.add(socket)
      socket.on('close', () => room?.sockets.delete(socket))
    })
    await new Promise(resolve => this.#server.once('listening', resolve))
    void every(INTERVAL_MS, () => this.#send())
    void every(HEARTBEAT_MS, () => this.#ping())
    const address = this.#server.address()
    return typeof address === 'object' ? (address?.port ?? 0) : 0
  }

  #send(): void {
    for (const { frame, sockets } of this.#rooms)
      for (const socket of sockets) socket.send(frame, { binary: false })
  }

  #ping(): void {
    for (const socket of this.#server.clients) if (socket.readyState === WebSocket.OPEN) socket.ping()
  }
}

async function every(ms: number, act: () => void): Promise<void> {
  const never = new AbortController().signal
  for (let atMs = systemClock.steadyMs() + ms; ; atMs += ms) {
    await systemClock.sleep(atMs - systemClock.steadyMs(), never)
    act()
  }
}
