import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** The way that a cut stops: what a daemon sends, or what it is sent. */
export type Way = 'to' | 'from'

interface Joined {
  readonly daemon: Socket
  readonly server: Socket
}

/**
 * The network between one daemon and a server. A cut holds what is sent one way, as a network does that loses its
 * packets: they arrive when the cut ends and they are sent again, or the connection is reset.
 */
export class Link {
  readonly #toHost: string
  readonly #toPort: number
  readonly #listening: Server
  readonly #joined = new Set<Joined>()
  readonly #cuts = new Set<{ readonly way: Way }>()
  #port = 0

  private constructor(to: URL) {
    this.#toHost = to.hostname
    this.#toPort = Number(to.port)
    this.#listening = createServer({ noDelay: true }, socket => this.#join(socket))
  }

  /** @param url of the server, with its port */
  static async to(url: string): Promise<Link> {
    const link = new Link(new URL(url))
    link.#listening.listen(0, '127.0.0.1')
    await once(link.#listening, 'listening')
    const address = link.#listening.address()
    if (address !== null && typeof address !== 'string') link.#port = address.port
    return link
  }

  /** A URL of the server over this link. */
  through(url: string): string {
    return Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(this.#port) }).href
  }

  /**
   * Holds one way of all connections, and of new ones.
   * @returns ends the cut, unless another one still holds; `isReset`: connections are reset, instead of getting what was
   *     held
   */
  cut(way: Way): (isReset: boolean) => void {
    const cut = { way }
    this.#cuts.add(cut)
    for (const it of this.#joined) this.#hold(it)
    return isReset => {
      this.#cuts.delete(cut)
      if (isReset) this.#reset()
      else if (!this.#isCut(way)) for (const it of this.#joined) pipe(it, way)
    }
  }

  close(): void {
    this.#listening.close()
    this.#reset()
  }

  #join(daemon: Socket): void {
    const server = connect({ host: this.#toHost, port: this.#toPort, noDelay: true })
    const joined = { daemon, server }
    this.#joined.add(joined)
    const end = () => {
      this.#joined.delete(joined)
      daemon.destroy()
      server.destroy()
    }
    for (const socket of [daemon, server]) socket.on('error', end).on('close', end)
    pipe(joined, 'to')
    pipe(joined, 'from')
    this.#hold(joined)
  }

  #hold({ daemon, server }: Joined): void {
    if (this.#isCut('to')) daemon.unpipe(server)
    if (this.#isCut('from')) server.unpipe(daemon)
  }

  #isCut(way: Way): boolean {
    return [...this.#cuts].some(it => it.way === way)
  }

  #reset(): void {
    for (const { daemon, server } of this.#joined) {
      daemon.resetAndDestroy()
      server.resetAndDestroy()
    }
  }
}

function pipe({ daemon, server }: Joined, way: Way): void {
  if (way === 'to') daemon.pipe(server)
  else server.pipe(daemon)
}
