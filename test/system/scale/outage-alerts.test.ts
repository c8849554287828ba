import { expect, test } from 'vitest'
import type { AlertRule, AlertTerms, Outage } from '../../../src/accounting/alert.ts'
import { Calendar } from '../../../src/accounting/calendar.ts'
import { type TenantId, tenantId } from '../../../src/accounting/ids.ts'
import { AlertBoard } from '../../../src/alerts/alert-board.ts'
import type { AlertRecord } from '../../../src/alerts/record.ts'
import { AlertWatch } from '../../../src/alerts/watch.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { hq, limit, usageRule } from '../../alerts/alert-scene.ts'
import { HandClock } from '../../runtime/hand-clock.ts'
import { rethrow } from '../../runtime/rethrow.ts'

const INTERVAL_MS = 30_000
const TENANTS = Array.from({ length: 150 }, (_, number) => tenantId(`tenant${number}`))
const SUMS_MS = 450
const AFTER_MS = 300_000
const RULES: readonly AlertRule[] = [
  { kind: 'router_offline', id: 'down', afterMs: AFTER_MS },
  usageRule({ usual: limit(1), scope: 'router', period: 'day' }),
]
const calendar = new Calendar('UTC')

/** A table whose sums take their time. It notes each outage once. */
class SlowRecord implements AlertRecord {
  readonly fired = new Map<TenantId, { readonly atMs: number; readonly outages: readonly Outage[] }>()
  readonly #clock: HandClock

  constructor(clock: HandClock) {
    this.#clock = clock
  }

  fireUsage: AlertRecord['fireUsage'] = async (_of, _due, signal) => {
    await this.#clock.sleep(SUMS_MS, signal)
    return 0
  }
  fireOutages: AlertRecord['fireOutages'] = async ({ tenant }, outages) => {
    if (this.fired.has(tenant)) return 0
    this.fired.set(tenant, { atMs: this.#clock.steadyMs(), outages })
    return outages.length
  }
  fireSessions = async () => 0
  endOutages = async () => 0
  openOutages = async () => new Set<TenantId>()
  recent = async () => new Map()
  changedSince = async () => []
  now = async () => ''
}

function watching(readAt: (tenant: TenantId) => Date | undefined) {
  const clock = new HandClock('2026-11-26T09:00:00Z')
  const record = new SlowRecord(clock)
  const watch = new AlertWatch({
    ...{ record, board: new AlertBoard(), calendarOf: () => calendar },
    isJudgedHere: () => true,
    routersOf: tenant => [{ router: hq, isEnabled: true, lastReadingAt: readAt(tenant), error: undefined }],
    onAlert: () => {},
    onWritten: () => {},
    ...{ intervalMs: INTERVAL_MS, clock, log: createLogger('silent'), onBug: rethrow },
  })
  watch.setTerms(TENANTS.map((tenant): AlertTerms => ({ tenant, rules: RULES, webhooks: [] })))
  const starting = watch.load().then(() => watch.start())
  const stop = async () => {
    await starting
    await watch.stop()
    expect(clock.sleepers).toBe(0)
  }
  return { clock, record, stop }
}

test('outages fire though a turn of judging takes longer than a look may be late', async () => {
  const { clock, record, stop } = watching(() => undefined)
  const begunMs = clock.steadyMs()
  const turnMs = TENANTS.length * SUMS_MS + INTERVAL_MS
  expect(turnMs).toBeGreaterThan(3 * INTERVAL_MS)
  await clock.turn(AFTER_MS + INTERVAL_MS + turnMs)
  expect(record.fired.size).toBe(TENANTS.length)
  for (const { atMs } of record.fired.values()) expect(atMs - begunMs).toBeGreaterThanOrEqual(AFTER_MS)
  await stop()
})

test('a router that is read during a long turn is not judged by its state at the turn’s start', async () => {
  let readAt = new Date('2026-11-26T08:59:00Z')
  const { clock, record, stop } = watching(() => readAt)
  await clock.turn(AFTER_MS - 1_000)
  readAt = clock.now()
  await clock.turn(AFTER_MS - 1_000)
  expect(record.fired.size).toBe(0)
  await clock.turn(AFTER_MS)
  expect(record.fired.size).toBe(TENANTS.length)
  for (const { outages } of record.fired.values()) expect(outages.map(({ begin }) => begin)).toEqual([readAt])
  await stop()
})
