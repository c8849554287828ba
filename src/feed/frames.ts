import type { TenantId } from '../accounting/ids.ts'
import type { SessionJson, Snapshot } from '../accounting/snapshot.ts'
import type { Clock } from '../runtime/clock.ts'
import { encode } from './messages.ts'

/** A port: where the live numbers are. `undefined` for a tenant that isn't there. */
export interface SnapshotSource {
  /** Those of the config as it is now. */
  tenants(): readonly TenantId[]
  snapshot(tenant: TenantId, now: Date): Snapshot | undefined
  sessions(tenant: TenantId, now: Date): readonly SessionJson[] | undefined
}

export type Topic = 'snapshot' | 'sessions'

interface Encoded {
  readonly seq: number
  readonly frame: Buffer
  readonly encodedAtMs: number
}

/** The newest message of each topic and tenant, encoded once for all who get it. */
export class Frames {
  readonly #source: SnapshotSource
  readonly #clock: Clock
  readonly #encoded = new Map<string, Encoded>()

  constructor(source: SnapshotSource, clock: Clock) {
    this.#source = source
    this.#clock = clock
  }

  /** The frame encoded since `sinceMs` (steady), or else a new one with the next `seq`; `undefined` where there is nothing to show. */
  frame(topic: Topic, tenant: TenantId, sinceMs: number): Buffer | undefined {
    const slot = slotOf(topic, tenant)
    const last = this.#encoded.get(slot)
    if (last !== undefined && last.encodedAtMs >= sinceMs) return last.frame
    const seq = (last?.seq ?? 0) + 1
    const frame = topic === 'snapshot' ? this.#snapshot(tenant, seq) : this.#sessions(tenant, seq)
    if (frame === undefined) return undefined
    this.#encoded.set(slot, { seq, frame, encodedAtMs: this.#clock.steadyMs() })
    return frame
  }

  #snapshot(tenant: TenantId, seq: number): Buffer | undefined {
    const snapshot = this.#source.snapshot(tenant, this.#clock.now())
    if (snapshot === undefined) return undefined
    const { asOf, stats, routers } = snapshot
    return encode({ type: 'snapshot', tenant, seq, as_of: asOf.toISOString(), stats, routers })
  }

  #sessions(tenant: TenantId, seq: number): Buffer | undefined {
    const now = this.#clock.now()
    const sessions = this.#source.sessions(tenant, now)
    if (sessions === undefined) return undefined
    return encode({ type: 'sessions', tenant, seq, as_of: now.toISOString(), sessions })
  }
}

/** Where a client's newest message of a topic and tenant waits. */
export function slotOf(topic: Topic, tenant: TenantId): string {
  return `${topic}/${tenant}`
}
