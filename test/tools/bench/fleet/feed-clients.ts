import { once } from 'node:events'
import { WebSocket } from 'ws'
import { tenantId } from '../../../../src/accounting/ids.ts'
import { signToken } from '../../../../src/auth/tokens.ts'
import type { RouterJson } from '../../../../src/live/snapshot.ts'
import { SECRET } from '../../../system/daemon/scene.ts'

interface SnapshotMessage {
  readonly type: string
  readonly as_of: string
  readonly routers: readonly RouterJson[]
}

const TOKEN_FOR_MS = 86_400_000

/** A dashboard's client for each tenant, at the daemons in turn, and the age of messages when they arrive. */
export class FeedClients {
  readonly #sockets: WebSocket[] = []
  readonly #lastReadings = new Map<string, string>()
  #snapshotMs: number[] = []
  #readingMs: number[] = []

  async start(ports: readonly number[], tenants: readonly string[]): Promise<void> {
    for (const [index, tenant] of tenants.entries()) {
      const socket = await openFeed(ports[index % ports.length] ?? 0, tenant)
      socket.on('message', data => this.#take(tenant, JSON.parse(String(data))))
      this.#sockets.push(socket)
    }
  }

  /** From the time of each snapshot to its arrival, in milliseconds. */
  get snapshotMs(): readonly number[] {
    return this.#snapshotMs
  }

  /** From each reading to the arrival of the first snapshot with it, in milliseconds. */
  get readingMs(): readonly number[] {
    return this.#readingMs
  }

  begin(): void {
    this.#snapshotMs = []
    this.#readingMs = []
  }

  stop(): void {
    for (const socket of this.#sockets) socket.close()
  }

  #take(tenant: string, { type, as_of, routers }: SnapshotMessage): void {
    if (type !== 'snapshot') return
    const nowMs = Date.now()
    this.#snapshotMs.push(nowMs - Date.parse(as_of))
    for (const { id, last_reading_at } of routers) {
      const key = `${tenant}/${id}`
      if (last_reading_at === null || this.#lastReadings.get(key) === last_reading_at) continue
      this.#lastReadings.set(key, last_reading_at)
      this.#readingMs.push(nowMs - Date.parse(last_reading_at))
    }
  }
}

/** Connects and authenticates. */
export async function openFeed(port: number, tenant: string): Promise<WebSocket> {
  const expiresAt = new Date(Date.now() + TOKEN_FOR_MS)
  const token = await signToken({ kind: 'tenant', tenant: tenantId(tenant), expiresAt }, SECRET)
  const headers = { authorization: `Bearer ${token}` }
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, ['tikmeter.v1'], { headers })
  await once(socket, 'open')
  socket.on('error', () => {}) // `close` follows.
  return socket
}
