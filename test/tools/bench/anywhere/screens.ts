import type { WebSocket } from 'ws'
import type { RouterJson, Stats } from '../../../../src/live/snapshot.ts'
import { openFeed } from '../fleet/feed-clients.ts'

/** A snapshot that arrived at a dashboard. Instants are milliseconds of the wall clock. */
export interface Shown {
  readonly tenant: string
  /** The daemon's place among all. */
  readonly daemon: number
  readonly arrivedMs: number
  readonly asOfMs: number
  readonly stats: Stats
  readonly routers: readonly RouterJson[]
}

interface Message {
  readonly type: string
  readonly as_of: string
  readonly stats: Stats
  readonly routers: readonly RouterJson[]
}

/** A dashboard of each tenant at each daemon. */
export class Screens {
  readonly #sockets: WebSocket[] = []
  readonly #newest = new Map<string, Shown>()
  readonly #onShown: (shown: Shown) => void

  constructor(onShown: (shown: Shown) => void) {
    this.#onShown = onShown
  }

  async start(ports: readonly number[], tenants: readonly string[]): Promise<void> {
    for (const [daemon, port] of ports.entries())
      for (const tenant of tenants) {
        const socket = await openFeed(port, tenant)
        socket.on('message', data => this.#take(tenant, daemon, JSON.parse(String(data))))
        this.#sockets.push(socket)
      }
  }

  stop(): void {
    for (const socket of this.#sockets) socket.close()
  }

  /** The newest snapshot of a tenant at a daemon; `undefined` if none has arrived. */
  newest(tenant: string, daemon: number): Shown | undefined {
    return this.#newest.get(`${daemon}/${tenant}`)
  }

  #take(tenant: string, daemon: number, { type, as_of, stats, routers }: Message): void {
    if (type !== 'snapshot') return
    const arrivedMs = Date.now()
    const shown = { tenant, daemon, arrivedMs, asOfMs: Date.parse(as_of), stats, routers }
    this.#newest.set(`${daemon}/${tenant}`, shown)
    this.#onShown(shown)
  }
}
