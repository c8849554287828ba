import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest'
import { tenantId } from '../../../src/accounting/ids.ts'
import type { Delivery } from '../../../src/alerts/delivery.ts'
import type { DeliveryStore } from '../../../src/store/alerts/delivery-store.ts'
import { during, untilWaiting } from '../commit/lease-scene.ts'
import { type LedgerScene, openLedgerScene, type StoreScene, THEM } from '../pg/ledger-scene.ts'
import { A, B, CLAIM_MS, deliveriesOf, end, fire, namesOf } from './delivery-scene.ts'

let scene: LedgerScene
let they: StoreScene
let ours: DeliveryStore
let theirs: DeliveryStore
beforeAll(async () => {
  scene = await openLedgerScene()
  they = scene.another(THEM)
  ours = deliveriesOf(scene)
  theirs = deliveriesOf(they)
})
beforeEach(() => scene.beginUntaken())
afterAll(async () => {
  await they.database.stop()
  await scene.stop()
})

const LATE = 'late'
const DELIVERED = { kind: 'delivered' } as const
const DEAD = { kind: 'dead', error: 'HTTP 410' } as const
const AT_ONCE = { kind: 'retry', afterMs: 0, error: 'HTTP 500' } as const

/** Lets all pending deliveries have waited for some time, claimed or not. */
async function pass(time: string): Promise<void> {
  await scene.ask(`update alert_deliveries set next_attempt_at = next_attempt_at - interval '${time}'
    where status = 'pending'`)
}

async function theOne(claiming: Promise<readonly Delivery[]>): Promise<Delivery> {
  const [one, ...others] = await claiming
  expect(others).toEqual([])
  return one ?? expect.fail('nothing was claimed')
}

/** All deliveries as `status attempts error`, in the order of their rows. */
async function states(): Promise<readonly unknown[]> {
  const rows = await scene.ask(`select concat_ws(' ', webhook, status, attempts, last_error,
      case when settled_at is not null then 'settled' end) as state from alert_deliveries order by position`)
  return rows.map(({ state }) => state)
}

describe('a claim', () => {
  it('has what is to be sent to the webhook', async () => {
    await fire(scene, 'hq', ['a'])
    await end(scene, 'hq', ['a'])
    const alert = {
      ...{ id: 1, rule: 'offline', kind: 'router_offline', scope: 'router', subject: 'hq' },
      ...{
        period: '2026-11-26T10:00:00.000Z',
        detail: { last_reading_at: null, error: 'no answer within 10 s' },
      },
      fired_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      ended_at: expect.stringMatching(/Z$/),
    }
    const fired = await theOne(ours.claim([A], 9))
    expect(fired).toEqual({
      ...{ ...A, id: expect.stringMatching(/^[0-9a-f-]{36}$/), event: 'fired', attempt: 1 },
      ...{ ageMs: expect.any(Number), about: { tenant: 'acme', alert } },
    })
    await ours.settle(fired, DELIVERED)
    expect(await theOne(ours.claim([A], 9))).toMatchObject({ event: 'ended', about: { alert } })
  })

  it('has the time since the alert fired or ended', async () => {
    await fire(scene, 'hq', ['a'])
    await end(scene, 'hq', ['a'])
    await scene.ask(
      `update alerts set fired_at = now() - interval '3 hours', ended_at = now() - interval '2 hours'`,
    )
    const hours = ({ ageMs }: Delivery) => Math.floor(ageMs / 3_600_000)
    const fired = await theOne(ours.claim([A], 9))
    expect(hours(fired)).toBe(3)
    await ours.settle(fired, DELIVERED)
    expect(hours(await theOne(ours.claim([A], 9)))).toBe(2)
  })

  it('has only the first of each webhook, until that is delivered or dead', async () => {
    for (const subject of ['hq', 'hill', 'mast']) await fire(scene, subject, ['a', 'b'])
    await end(scene, 'hq', ['a'])
    const order: string[] = []
    for (let [one] = await ours.claim([A], 9); one; [one] = await ours.claim([A], 9)) {
      order.push(...namesOf([one]))
      expect(await ours.claim([A], 9)).toEqual([])
      expect(await theirs.claim([A], 9)).toEqual([])
      if (order.length === 1) {
        await ours.settle(one, { ...AT_ONCE, afterMs: 5_000 })
        expect(await ours.claim([A], 9)).toEqual([])
        await pass('5 seconds')
      } else await ours.settle(one, order.length === 3 ? DEAD : DELIVERED)
    }
    expect(order).toEqual(['a hq fired', 'a hq fired', 'a hill fired', 'a mast fired', 'a hq ended'])
    expect(namesOf(await ours.claim([A, B], 9))).toEqual(['b hq fired'])
  })

  it('is for the given webhooks only, the first ones if there is a limit', async () => {
    await fire(scene, 'hq', ['a', 'b', 'c'])
    await fire(scene, 'hq', ['a'], 'other')
    expect(namesOf(await ours.claim([B, A, { ...A, webhook: 'c' }], 1))).toEqual(['b hq fired'])
    expect(namesOf(await ours.claim([B, A], 9))).toEqual(['a hq fired'])
    expect(await ours.claim([B, A], 9)).toEqual([])
    const other = await theOne(ours.claim([{ ...A, tenant: tenantId('other') }, B, A], 9))
    // Each tenant counts its own alerts.
    expect(other.about).toMatchObject({ tenant: 'other', alert: { id: 1 } })
  })

  it('of a daemon that dies ends after its time, and the attempt counts', async () => {
    await fire(scene, 'hq', ['a'])
    const first = await theOne(theirs.claim([A], 9))
    await pass(`${CLAIM_MS - 1_000} milliseconds`)
    expect(await ours.claim([A], 9)).toEqual([])
    await pass('1 second')
    const second = await theOne(ours.claim([A], 9))
    expect(second).toMatchObject({ id: first.id, attempt: 2, event: first.event, about: first.about })
  })
})

test('two daemons that claim at the same moment never get the same delivery, nor two of one webhook', async () => {
  const webhooks = Array.from({ length: 40 }, (_, number) => `w${number}`)
  const refs = webhooks.map(webhook => ({ ...A, webhook }))
  for (const subject of ['hq', 'hill', 'mast']) await fire(scene, subject, webhooks)
  const seen: string[] = []
  let overlaps = 0
  for (let claimed = await both(); claimed[0].length + claimed[1].length > 0; claimed = await both()) {
    const all = claimed.flat()
    if (claimed[0].length > 0 && claimed[1].length > 0) overlaps++
    expect(new Set(all.map(({ webhook }) => webhook)).size).toBe(all.length)
    seen.push(...all.map(({ id }) => id))
    await Promise.all(all.map(one => ours.settle(one, DELIVERED)))
  }
  expect(seen).toHaveLength(3 * webhooks.length)
  expect(new Set(seen).size).toBe(seen.length)
  expect(overlaps).toBeGreaterThan(0)

  async function both() {
    return Promise.all([ours.claim(refs, 7), theirs.claim(refs.toReversed(), 7)])
  }
})

test('a claim does not wait for another, and gets what is left', async () => {
  await fire(scene, 'hq', ['a', 'b'])
  const claimed = await during(
    scene,
    client => client.query(`select from alert_deliveries where webhook = 'a' for update`),
    'rollback',
    () => ours.claim([A, B], 9),
  )
  expect(namesOf(claimed)).toEqual(['b hq fired'])
})

test('a delivery that was claimed while a claim was looking is not claimed again', async () => {
  await fire(scene, 'hq', ['a'])
  await fire(scene, 'hill', ['a'])
  const late = await anotherWhoWaits()
  const [claiming, first] = await during(
    scene,
    client => client.query(`select pg_advisory_xact_lock(42)`),
    'commit',
    async () => {
      const claiming = deliveriesOf(late).claim([A], 9)
      await untilWaiting(scene, LATE)
      return [claiming, await ours.claim([A], 9)] as const
    },
  )
  expect(namesOf(first)).toEqual(['a hq fired'])
  expect(await claiming).toEqual([])
  await late.database.stop()
})

/** A daemon for which looking at the clock waits until the lock 42 is free. */
async function anotherWhoWaits(): Promise<StoreScene> {
  await scene.ask(`create schema waiting`)
  await scene.ask(`create function waiting.clock_timestamp() returns timestamptz language plpgsql as $$ begin
    perform pg_advisory_xact_lock_shared(42); return pg_catalog.clock_timestamp(); end $$`)
  const path = (how: string) =>
    scene.ask(`do $$ begin
      execute format('alter database %I ${how}', current_database()); end $$`)
  await path('set search_path = waiting, pg_catalog, public')
  const late = scene.another(LATE)
  await late.database.pool.query('select 1')
  await path('reset search_path')
  return late
}

describe('settling', () => {
  it('is for good, or until it is due again', async () => {
    await fire(scene, 'hq', ['a', 'b', 'c'])
    const refs = ['a', 'b', 'c'].map(webhook => ({ ...A, webhook }))
    const claimed = await ours.claim(refs, 9)
    for (const one of claimed) {
      const how = { a: DELIVERED, b: DEAD, c: { ...AT_ONCE, afterMs: 60_000.4 } }[one.webhook] ?? DEAD
      expect(await ours.settle(one, how)).toBe(true)
    }
    expect(await states()).toEqual([
      'a delivered 1 settled',
      'b dead 1 HTTP 410 settled',
      'c pending 1 HTTP 500',
    ])
    await pass('59 seconds')
    expect(await ours.claim(refs, 9)).toEqual([])
    await pass('1 second')
    expect(namesOf(await ours.claim(refs, 9))).toEqual(['c hq fired'])
  })

  it('is done once', async () => {
    await fire(scene, 'hq', ['a'])
    const one = await theOne(ours.claim([A], 9))
    expect(await ours.settle(one, DELIVERED)).toBe(true)
    for (const how of [DELIVERED, DEAD, AT_ONCE]) expect(await ours.settle(one, how)).toBe(false)
    expect(await states()).toEqual(['a delivered 1 settled'])
  })

  it('of a claim that has ended changes nothing', async () => {
    await fire(scene, 'hq', ['a'])
    const first = await theOne(theirs.claim([A], 9))
    await pass('1 hour')
    const second = await theOne(ours.claim([A], 9))
    for (const how of [DELIVERED, DEAD, AT_ONCE]) expect(await theirs.settle(first, how)).toBe(false)
    expect(await ours.claim([A], 9)).toEqual([])
    expect(await ours.settle(second, DELIVERED)).toBe(true)
    expect(await states()).toEqual(['a delivered 2 settled'])
  })
})

describe('a delivery for a removed webhook', () => {
  it('is given up when nobody has known it for an hour', async () => {
    for (const subject of ['hq', 'hill']) await fire(scene, subject, ['a', 'gone'])
    await fire(scene, 'hq', ['gone'], 'other')
    await pass('59 minutes')
    expect(await ours.bury([A.tenant], [A, B])).toEqual([])
    await pass('1 minute')
    expect(await ours.bury([A.tenant], [A, B])).toEqual([{ ...A, webhook: 'gone', deliveries: 2 }])
    const dead = 'gone dead 0 webhook not in the config settled'
    expect(await states()).toEqual(['a pending 0', dead, 'a pending 0', dead, 'gone pending 0'])
    expect(await ours.bury([A.tenant], [A, B])).toEqual([])
  })

  it('is kept as long as another daemon tries the first one of its webhook', async () => {
    for (const subject of ['hq', 'hill', 'mast']) await fire(scene, subject, ['b'])
    await pass('5 hours')
    const one = await theOne(theirs.claim([A, B], 9))
    expect(await ours.bury([A.tenant], [A])).toEqual([])
    await theirs.settle(one, { ...AT_ONCE, afterMs: 3_600_000 })
    await pass('61 minutes')
    expect(await ours.bury([A.tenant], [A])).toEqual([])
    await pass('1 hour')
    expect(await ours.bury([A.tenant], [A])).toEqual([{ ...B, deliveries: 3 }])
  })

  it('is given up also if no webhook is left', async () => {
    await fire(scene, 'hq', ['a'])
    await pass('1 hour')
    expect(await ours.bury([A.tenant], [])).toEqual([{ ...A, deliveries: 1 }])
  })
})

test('a database that is away is a failure that passes', async () => {
  const gone = scene.another('gone')
  await gone.database.stop()
  await expect(deliveriesOf(gone).claim([A], 9)).rejects.toMatchObject({
    ...{ name: 'DatabaseUnavailable', retryable: true },
    message: expect.stringMatching(/^deliveries are not claimed: /),
  })
})
