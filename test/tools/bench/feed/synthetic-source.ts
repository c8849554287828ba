import { routerId, sessionId, type TenantId, tenantId } from '../../../../src/accounting/ids.ts'
import type { SnapshotSource } from '../../../../src/feed/frames.ts'
import {
  NO_TOTALS,
  type RouterJson,
  type SessionJson,
  type Snapshot,
  statsOf,
} from '../../../../src/live/snapshot.ts'

const ROUTERS = 4
/** Numbers change from one snapshot to the next, and then repeat. */
const SNAPSHOTS = 16
const BEGAN_MS = Date.UTC(2026, 10, 24)

export function tenantNamed(number: number): TenantId {
  return tenantId(`tenant-${number}`)
}

/** Tenants with four routers each. Their numbers are prepared, because only the feed is measured. */
export class SyntheticSource implements SnapshotSource {
  readonly #snapshots: ReadonlyMap<TenantId, readonly Snapshot[]>
  readonly #sessions: number
  #calls = 0

  /** @param sessions of the first tenant; the others have none */
  constructor(tenants: number, sessions: number) {
    this.#sessions = sessions
    const names = Array.from({ length: tenants }, (_, number) => tenantNamed(number))
    this.#snapshots = new Map(
      names.map(tenant => [tenant, Array.from({ length: SNAPSHOTS }, (_, turn) => snapshotOf(tenant, turn))]),
    )
  }

  tenants(): readonly TenantId[] {
    return [...this.#snapshots.keys()]
  }

  snapshot(tenant: TenantId, now: Date): Snapshot | undefined {
    const snapshot = this.#snapshots.get(tenant)?.[this.#calls++ % SNAPSHOTS]
    return snapshot && { ...snapshot, asOf: now }
  }

  totals(): undefined {
    return undefined
  }

  sessions(tenant: TenantId): readonly SessionJson[] | undefined {
    if (tenant !== tenantNamed(0)) return undefined
    const turn = this.#calls++
    return Array.from({ length: this.#sessions }, (_, number) => session(number, turn))
  }
}

function snapshotOf(tenant: TenantId, turn: number): Snapshot {
  const now = new Date(BEGAN_MS + turn * 1_000)
  const routers = Array.from({ length: ROUTERS }, (_, index) => router(index, now, turn))
  const sum = { upload: 123_456_789_012n + BigInt(turn), download: 1_234_567_890_123n * BigInt(turn + 1) }
  const totals = {
    ...{ ...NO_TOTALS, total: sum, month: sum, today: sum },
    ...{ uploadBps: 1e8 + turn, downloadBps: 9e8 + turn },
    ...{ activeSessions: 800, hotspotSubscribers: 400 + turn, pppSubscribers: 400 - turn },
    routers: routers.map(({ state }) => state),
  }
  const stats = statsOf(totals, { day: '2026-11-24', timezone: 'Africa/Nairobi' }, now)
  return { tenant, asOf: now, stats, routers }
}

function router(index: number, now: Date, turn: number): RouterJson {
  return {
    ...{ id: routerId(`router-${index}`), name: `Tower ${index}`, state: 'online', error: null },
    ...{ last_reading_at: now.toISOString(), hotspot: 100 + turn, ppp: 100 - turn },
    ...{ uncounted: 0, missing_menus: [] },
  }
}

function session(number: number, turn: number): SessionJson {
  const address = `${number >> 8}.${number & 255}`
  return {
    id: sessionId(`0193a5b2-0000-7000-8000-${String(number).padStart(12, '0')}`),
    ...{ service: 'ppp', username: `subscriber-${number}@example.net`, router: routerId('router-0') },
    ...{
      ip_address: `10.20.${address}`,
      mac_address: `02:00:00:00:00:${String(number % 90).padStart(2, '0')}`,
    },
    start_time: new Date(BEGAN_MS + number).toISOString(),
    ...{ upload: 1e9 + number * 1_000 + turn, download: 1e10 + number * 10_000 + turn },
    ...{ upload_bps: 1e6 + number, download_bps: 1e7 + turn },
  }
}
