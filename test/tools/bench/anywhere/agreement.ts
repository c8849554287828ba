import { isDeepStrictEqual } from 'node:util'
import type { Shown } from './screens.ts'

interface Interval {
  readonly tenant: string
  readonly number: number
  readonly byDaemon: Map<number, Shown>
}

/** The numbers of one interval at all daemons. */
export interface Compared {
  /** Intervals of tenants of which every daemon showed a snapshot. */
  readonly intervals: number
  /** Those of which not all showed the same, each with a field that differs. */
  readonly different: readonly string[]
}

/**
 * Compares what all daemons show of a tenant in the same interval: everything but the time at which it was shown. All
 * daemons show a tenant at the same moment of each interval, so intervals are told apart by the time of the first one.
 */
export class Agreement {
  readonly #intervalMs: number
  readonly #daemons: number
  readonly #anchors = new Map<string, number>()
  readonly #intervals = new Map<string, Interval>()

  constructor(intervalMs: number, daemons: number) {
    this.#intervalMs = intervalMs
    this.#daemons = daemons
  }

  /** The last snapshot of an interval counts. */
  take(shown: Shown): void {
    const { tenant, daemon, asOfMs } = shown
    const anchorMs = this.#anchors.get(tenant) ?? asOfMs
    this.#anchors.set(tenant, anchorMs)
    const number = Math.round((asOfMs - anchorMs) / this.#intervalMs)
    const key = `${tenant}/${number}`
    const interval = this.#intervals.get(key) ?? { tenant, number, byDaemon: new Map() }
    interval.byDaemon.set(daemon, shown)
    this.#intervals.set(key, interval)
  }

  /** @param untilMs intervals that began later are left out: a daemon may still be late */
  compared(untilMs: number): Compared {
    const whole = [...this.#intervals.values()].filter(
      ({ byDaemon }) =>
        byDaemon.size === this.#daemons && [...byDaemon.values()].every(({ asOfMs }) => asOfMs < untilMs),
    )
    return {
      intervals: whole.length,
      different: whole.flatMap(({ tenant, number, byDaemon }) => {
        const all = [...byDaemon.values()].sort((a, b) => a.daemon - b.daemon)
        const field = differenceIn(all)
        const firstMs = Math.min(...all.map(({ asOfMs }) => asOfMs))
        const delays = all.map(({ asOfMs, arrivedMs }) => `${asOfMs - firstMs}, ${arrivedMs - firstMs}`)
        return field === undefined
          ? []
          : [
              `${tenant}, interval ${number}: ${field}${differentRoutersIn(all)}; as of and arrived, in ms: ${delays.join(' | ')}`,
            ]
      }),
    }
  }
}

/** @returns a field that differs; `undefined` if none does */
function differenceIn(all: readonly Shown[]): string | undefined {
  const fields = all.map(fieldsOf)
  const [first] = fields
  for (const [name, value] of first ?? []) {
    const values = fields.map(it => it.get(name))
    if (!values.every(it => isDeepStrictEqual(it, value))) return `${name} ${values.map(textOf).join(' | ')}`
  }
  return undefined
}

/** How many routers differ, and the first of them at each daemon. */
function differentRoutersIn(all: readonly Shown[]): string {
  const [first] = all
  const byId = all.map(({ routers }) => new Map(routers.map(router => [router.id, router])))
  const different = (first?.routers ?? []).filter(
    router => !byId.every(it => isDeepStrictEqual(it.get(router.id), router)),
  )
  const [example] = different
  if (!example) return ''
  const shown = byId.map(it => textOf(it.get(example.id))).join(' | ')
  return `; ${different.length} routers differ, such as ${shown}`
}

function fieldsOf({ stats, routers }: Shown): ReadonlyMap<string, unknown> {
  const fields = new Map<string, unknown>(Object.entries(stats).filter(([name]) => name !== 'last_updated'))
  for (const router of routers) fields.set(router.id, router)
  return fields
}

function textOf(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing'
}
