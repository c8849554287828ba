import { expect, test } from 'vitest'
import type { AlertRule } from '../../src/accounting/alert.ts'
import { Calendar } from '../../src/accounting/calendar.ts'
import { type TenantId, tenantId } from '../../src/accounting/ids.ts'
import { AlertBoard } from '../../src/alerts/alert-board.ts'
import type { AlertRecord } from '../../src/alerts/record.ts'
import { AlertWatch } from '../../src/alerts/watch.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import { DatabaseUnavailable } from '../../src/store/pg/errors.ts'
import { HandClock } from '../runtime/hand-clock.ts'
import { rethrow } from '../runtime/rethrow.ts'
import { acme, hq, INTERVAL_MS, limit, usageRule } from './alert-scene.ts'

const MONTH = usageRule({ usual: limit(1) })
const DOWN: AlertRule = { kind: 'router_offline', id: 'down', afterMs: 60_000 }
const calendar = new Calendar('UTC')

/** A table whose monthly sums by user take 6 s unless they are aborted. It records the calls. */
class SlowRecord implements AlertRecord {
  readonly asked: string[] = []
  readonly clock: HandClock
  readonly tookMs = 6_000

  constructor(clock: HandClock) {
    this.clock = clock
  }

  /** The tenant whose sums fail. */
  broken: TenantId | undefined
  isAway = false

  fireUsage: AlertRecord['fireUsage'] = async ({ tenant }, due, signal) => {
    if (this.isAway || tenant === this.broken) throw new DatabaseUnavailable('cut off after ten minutes')
    for (const { rule } of due) this.asked.push(`${rule.scope} ${rule.period}`)
    if (due.some(({ rule }) => rule.scope === 'user' && rule.period === 'month'))
      await this.clock.sleep(this.tookMs, signal)
    if (signal.aborted) throw new DatabaseUnavailable('broken off')
    return 0
  }
  fireOutages: AlertRecord['fireOutages'] = async (_, outages) => {
    this.asked.push(...outages.map(() => 'outage'))
    return 0
  }
  fireSessions = async () => 0
  endOutages = async () => 0
  openOutages = async () => new Set<typeof acme>()
  recent = async () => new Map()
  changedSince = async () => []
  now = async () => {
    if (this.isAway) throw new DatabaseUnavailable('no connection')
    return ''
  }
}

function watching(rules: readonly AlertRule[], tenants = [acme]) {
  const clock = new HandClock('2026-11-26T09:00:00Z')
  const record = new SlowRecord(clock)
  const watch = new AlertWatch({
    ...{ record, board: new AlertBoard(), calendarOf: () => calendar },
    isJudgedHere: () => true,
    routersOf: () => [{ router: hq, isEnabled: true, lastReadingAt: undefined, error: undefined }],
    onAlert: () => {},
    onWritten: () => {},
    ...{ intervalMs: INTERVAL_MS, clock, log: createLogger('silent'), onBug: rethrow },
  })
  watch.setTerms(tenants.map(tenant => ({ tenant, rules, webhooks: [] })))
  const starting = watch.load().then(() => watch.start())
  const stop = async () => {
    await starting
    await watch.stop()
  }
  return { clock, record, stop }
}

test('a slow query rests twenty times as long as it took, and delays nothing else', async () => {
  const { clock, record, stop } = watching([
    MONTH,
    usageRule({ id: 'r', scope: 'router', usual: limit(1) }),
    DOWN,
  ])
  await clock.turn(6_000 + 20 * 6_000 - 1)
  const count = (what: string) => record.asked.filter(it => it === what).length
  expect(count('user month')).toBe(1)
  expect(count('router month')).toBe(4)
  expect(count('outage')).toBe(2)
  await clock.turn(INTERVAL_MS)
  expect(count('user month')).toBe(2)
  await stop()
  expect(clock.sleepers).toBe(0)
})

test('a slow query is aborted when the daemon stops', async () => {
  const { clock, record, stop } = watching([MONTH])
  await clock.turn(1_000)
  await stop()
  expect(record.asked).toEqual(['user month'])
  expect(clock.sleepers).toBe(0)
})

test('a tenant whose sums fail does not affect others, and is tried again', async () => {
  const globex = tenantId('globex')
  const { clock, record, stop } = watching([usageRule({ scope: 'router', usual: limit(1) })], [acme, globex])
  record.broken = acme
  await clock.turn(INTERVAL_MS - 1)
  expect(record.asked).toEqual(['router month'])
  record.broken = undefined
  await clock.turn(INTERVAL_MS)
  expect(record.asked).toEqual(['router month', 'router month', 'router month'])
  await stop()
})

test('if the database is away, the failure of one tenant is enough to know', async () => {
  const { clock, record, stop } = watching(
    [usageRule({ scope: 'router', usual: limit(1) })],
    [acme, tenantId('globex')],
  )
  await clock.turn(INTERVAL_MS - 1)
  record.isAway = true
  await clock.turn(INTERVAL_MS)
  record.isAway = false
  await clock.turn(INTERVAL_MS)
  expect(record.asked).toHaveLength(4)
  await stop()
})
