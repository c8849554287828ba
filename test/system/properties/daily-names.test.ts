import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { OTHERS } from '../../../src/accounting/limits/others.ts'
import type { RouterCommit } from '../../../src/recording/ports.ts'
import { runs } from '../../harness/random-runs.ts'
import { Crowd, MIDNIGHT } from '../../store/commit/crowd.ts'
import { grown } from '../../store/commit/read-router.ts'
import { type LedgerScene, openLedgerScene, sums } from '../../store/pg/ledger-scene.ts'

const TIMEOUT_MS = 120_000
const NAMES = ['ann', 'bo', 'cy', 'dee', 'eli', OTHERS]

let scene: LedgerScene
beforeAll(async () => {
  scene = await openLedgerScene()
})
afterAll(() => scene.stop())

/** A reading: how much later it is, who moved how much, and how it is committed. */
const step = fc.record({
  laterMs: fc.constantFrom(5_000, 900_000, 9 * 3_600_000, 30 * 3_600_000),
  moved: fc.uniqueArray(fc.tuple(fc.constantFrom(...NAMES), fc.integer({ min: 1, max: 1_000_000 })), {
    selector: ([name]) => name,
    minLength: 1,
  }),
  isGrowth: fc.boolean(),
  /** The limit of names a day. */
  most: fc.constantFrom(2, 4),
})

/** Bytes by day and name. */
type Days = ReadonlyMap<string, ReadonlyMap<string, number>>

function daysOf(rows: Iterable<readonly [day: string, name: string, upload: number]>): Days {
  const days = new Map<string, Map<string, number>>()
  for (const [day, name, upload] of rows) {
    const sums = days.get(day) ?? new Map<string, number>()
    days.set(day, sums.set(name, (sums.get(name) ?? 0) + upload))
  }
  return days
}

function addedBy({ pending }: RouterCommit): Days {
  return daysOf(
    Array.from(pending.sessions.values()).flatMap(({ session, shares }) =>
      Array.from(shares.values(), it => [it.day, session.username, it.upload] as const),
    ),
  )
}

async function recorded(): Promise<Days> {
  const rows = await scene.ask('select day::text, username, upload from usage_daily')
  return daysOf(rows.map(it => [String(it['day']), String(it['username']), Number(it['upload'])]))
}

/** Expects the days to have as many new names as fit, all bytes of every name with a row, and the rest together. */
function expectNamed(before: Days, added: Days, after: Days, most: number): void {
  for (const [day, sums] of added) {
    const [had, has] = [before.get(day), after.get(day)]
    const own = [...(had?.keys() ?? [])].filter(name => name !== OTHERS)
    const fresh = [...sums.keys()].filter(name => name !== OTHERS && had?.get(name) === undefined)
    const gained = fresh.filter(name => has?.get(name) !== undefined)
    expect(gained.length, 'names that got a row').toBe(Math.min(fresh.length, Math.max(0, most - own.length)))
    let rest = 0
    for (const [name, bytes] of sums)
      if (own.includes(name) || gained.includes(name))
        expect(has?.get(name), name).toBe((had?.get(name) ?? 0) + bytes)
      else rest += bytes
    expect(has?.get(OTHERS) ?? 0, OTHERS).toBe((had?.get(OTHERS) ?? 0) + rest)
  }
}

test(
  'whatever names come when and how, each day has at most its limit of names, and every byte',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 6 }), async steps => {
        await scene.begin()
        const crowd = new Crowd(2)
        const shown = new Map<string, number>()
        let atMs = MIDNIGHT - 60_000
        let before: Days = new Map()
        for (const { laterMs, moved, isGrowth, most } of steps) {
          atMs += laterMs
          for (const [name, bytes] of moved) shown.set(name, (shown.get(name) ?? 0) + bytes)
          crowd.limits = { maxSessions: most / 2 }
          crowd.show(atMs, Object.fromEntries(shown))
          const commit = isGrowth ? grown(crowd.takeCommit()) : crowd.takeCommit()
          const [outcome] = (await scene.store.commit([commit])).values()
          expect(outcome?.kind).toBe('committed')
          const after = await recorded()
          expectNamed(before, addedBy(commit), after, most)
          before = after
        }
        const [all] = await sums(scene)
        const total = String(2 * [...shown.values()].reduce((sum, it) => sum + it, 0))
        expect(all).toEqual({ sessions: total, deltas: total, daily: total, tenant_daily: total })
        const [days] = await scene.ask(`select
          (select count(*)::int from (select from tenant_usage_daily where has_others group by day) as d) as days,
          (select count(*)::int from ledger_events where kind = 'others') as events`)
        expect(days?.['events'], 'one event a day').toBe(days?.['days'])
      }),
      { seed: 1, numRuns: runs(60) },
    )
  },
  TIMEOUT_MS,
)
