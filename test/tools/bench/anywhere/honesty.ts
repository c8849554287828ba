import type { Bytes } from '../../../../src/accounting/bytes.ts'
import type { Shown } from './screens.ts'
import type { TenantTruth } from './tenant-truth.ts'

/** The bytes that readings carried of each tenant at some moment between two instants of the wall clock. */
export interface Sample {
  readonly fromMs: number
  readonly toMs: number
  readonly bytes: ReadonlyMap<string, Bytes>
}

/** Time that a reading of both services takes. */
const READING_MS = 1_000

/**
 * Checks that snapshots are as old as they say, and never ahead of the truth: with the total of a tenant it shows at
 * least what was read until the oldest `last_reading_at` of its routers, and at most what was read when it arrived.
 */
export class Honesty {
  readonly #samples: Sample[] = []
  readonly #waiting: Shown[] = []
  readonly #heads: ReadonlyMap<string, Pick<TenantTruth, 'sessions' | 'routers'>>
  readonly lies: string[] = []
  #checked = 0

  /** @param heads of which the numbers do not change: whoever logs out is replaced */
  constructor(heads: ReadonlyMap<string, Pick<TenantTruth, 'sessions' | 'routers'>>) {
    this.#heads = heads
  }

  /** Snapshots so far that were checked. */
  get checked(): number {
    return this.#checked
  }

  take(shown: Shown): void {
    this.#waiting.push(shown)
  }

  /** Checks what arrived before the sample was taken. */
  sample(sample: Sample): void {
    this.#samples.push(sample)
    const later: Shown[] = []
    for (const shown of this.#waiting.splice(0))
      if (shown.arrivedMs <= sample.fromMs) this.#check(shown, sample)
      else later.push(shown)
    this.#waiting.push(...later)
  }

  #check(shown: Shown, after: Sample): void {
    this.#checked++
    const { tenant, daemon, stats } = shown
    const { upload, download, used } = stats.bytes.total
    const most = after.bytes.get(tenant) ?? { upload: 0, download: 0 }
    const oldestMs = oldestReadingMs(shown)
    const before = this.#samples.findLast(it => it.toMs <= oldestMs - READING_MS)
    const least = before?.bytes.get(tenant) ?? { upload: 0, download: 0 }
    const heads = this.#heads.get(tenant)
    const { month, today } = stats.bytes
    const isHonest =
      upload <= most.upload &&
      download <= most.download &&
      upload >= least.upload &&
      download >= least.download &&
      month.used <= used &&
      today.used <= month.used &&
      stats.active_sessions <= (heads?.sessions.size ?? 0) &&
      stats.hotspot_users + stats.pppoe_users <= stats.active_sessions &&
      stats.online_routers <= (heads?.routers ?? 0)
    if (isHonest) return
    const is = { upload, download, ...counts(shown) }
    this.lies.push(
      `daemon ${daemon + 1} shows of ${tenant} ${JSON.stringify({ is, least, most, sessions: heads?.sessions.size })}`,
    )
  }
}

function counts({ stats }: Shown): object {
  const { active_sessions, hotspot_users, pppoe_users, online_routers } = stats
  return { active_sessions, hotspot_users, pppoe_users, online_routers }
}

/** When the router was last read that is behind the others; the beginning of time if one was not read yet. */
export function oldestReadingMs({ routers }: Shown): number {
  return routers.reduce(
    (oldest, { last_reading_at: readAt }) => Math.min(oldest, readAt === null ? 0 : Date.parse(readAt)),
    Number.POSITIVE_INFINITY,
  )
}
