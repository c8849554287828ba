import { afterEach, expect, test } from 'vitest'
import type { StoredDecision } from '../../src/recording/ports.ts'
import { gone, readingOf } from '../recording/recorder-scene.ts'
import { ACME_HQ, type House, keyOf, LEASE_MS, openHouse, refOf, router, tenants } from './roster-scene.ts'

/** A running roster. */
const INTERVAL_MS = 30_000
const TODAY = '2026-03-01'
const ONE = tenants({ acme: [router('hq')] })
const ends: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

function house(): House {
  const opened = openHouse()
  ends.push(opened.end)
  return opened
}

function accepted(id: number, upload: bigint, day = TODAY, at = refOf('acme', 'hq')): StoredDecision {
  return { id, ...at, credit: { day, bytes: { upload, download: 2n } } }
}

/** The upload in total, this month and today. */
function uploads({ tenant }: House, name = 'acme') {
  const bytes = tenant(name)?.stats.bytes
  return [bytes?.total.upload, bytes?.month.upload, bytes?.today.upload]
}

async function begin(its: House): Promise<void> {
  await its.apply(ONE)
  its.run()
}

test('accepted bytes are in the live numbers within a commit interval, once', async () => {
  const its = house()
  await begin(its)
  await its.clock.turn(1_000)
  await its.scene.recorder.record(ACME_HQ, [
    readingOf(its.clock, { ann: { upload: 100, download: 0 } }, 'hotspot'),
  ])
  its.store.decisions.push(accepted(1, 10n), accepted(2, 20n, '2026-02-28'))
  expect(uploads(its)).toEqual([100, 100, 100])
  await its.clock.turn(INTERVAL_MS)
  expect(uploads(its)).toEqual([130, 110, 110])
  await its.clock.turn(3 * INTERVAL_MS)
  expect(uploads(its)).toEqual([130, 110, 110])
})

test('more decisions than are loaded at once are all taken, and rejected ones add nothing', async () => {
  const its = house()
  await begin(its)
  for (let id = 1; id <= 7; id++)
    its.store.decisions.push(id % 3 === 0 ? { ...accepted(id, 1n), credit: undefined } : accepted(id, 1n))
  await its.clock.turn(INTERVAL_MS)
  expect(uploads(its)).toEqual([5, 5, 5])
})

test('bytes that were accepted before the start are loaded, and not added again', async () => {
  const its = house()
  const sum = { upload: 50n, download: 0n }
  its.store.decisions.push(accepted(3, 50n))
  its.store.rollups.set(ACME_HQ, { total: sum, days: new Map([[TODAY, sum]]), lastDecision: 3 })
  await begin(its)
  await its.clock.turn(2 * INTERVAL_MS)
  expect(uploads(its)).toEqual([50, 50, 50])
})

test('a decision during an outage of the database is taken once, after the outage', async () => {
  const its = house()
  await begin(its)
  its.store.decisions.push(accepted(1, 10n))
  its.store.failing.set('loadDecisions', gone())
  await its.clock.turn(2 * INTERVAL_MS)
  expect(uploads(its)).toEqual([0, 0, 0])
  its.store.failing.clear()
  await its.clock.turn(2 * INTERVAL_MS)
  expect(uploads(its)).toEqual([10, 10, 10])
})

test('a router that is gained later has what was accepted until then, and gets what follows', async () => {
  const its = house()
  const { store, leases, clock } = its
  leases.take(ACME_HQ)
  await begin(its)
  // Another daemon reads it: it is shown as the database has it.
  const sum = { upload: 10n, download: 2n }
  store.decisions.push(accepted(1, 10n))
  store.rollups.set(ACME_HQ, { total: sum, days: new Map([[TODAY, sum]]), lastDecision: 1 })
  await clock.turn(INTERVAL_MS)
  expect(uploads(its)).toEqual([10, 10, 10])
  leases.free(ACME_HQ)
  await clock.turn(LEASE_MS)
  expect(its.scene.books.has(ACME_HQ)).toBe(true)
  expect(uploads(its)).toEqual([10, 10, 10])
  store.decisions.push(accepted(2, 5n))
  await clock.turn(INTERVAL_MS)
  expect(uploads(its)).toEqual([15, 15, 15])
})

test('a removed router and a lost one get accepted bytes too', async () => {
  const its = house()
  const { store, leases, ownership, clock } = its
  store.know(refOf('acme', 'long-gone'))
  store.rollups.set(keyOf('acme', 'long-gone'), {
    ...{ total: { upload: 7n, download: 0n }, days: new Map(), lastDecision: 0 },
  })
  await begin(its)
  store.decisions.push(accepted(1, 10n, TODAY, refOf('acme', 'long-gone')), accepted(2, 1n))
  await clock.turn(INTERVAL_MS)
  expect(uploads(its)).toEqual([18, 11, 11])
  // Other routers are loaded from the tables, which have both.
  const sum = { upload: 1n, download: 2n }
  store.rollups.set(ACME_HQ, { total: sum, days: new Map([[TODAY, sum]]), lastDecision: 2 })
  const gone = { upload: 10n, download: 2n }
  store.rollups.set(keyOf('acme', 'long-gone'), {
    ...{ total: { upload: 17n, download: 2n }, days: new Map([[TODAY, gone]]), lastDecision: 2 },
  })
  leases.take(ACME_HQ)
  await ownership.lose(new Map([[ACME_HQ, 1]]))
  await clock.turn(INTERVAL_MS)
  expect(uploads(its)).toEqual([18, 11, 11])
})

test('bytes of a tenant that is not here are not shown', async () => {
  const its = house()
  await begin(its)
  its.store.decisions.push(accepted(1, 10n, TODAY, refOf('other', 'hq')), accepted(2, 3n))
  await its.clock.turn(INTERVAL_MS)
  expect(uploads(its, 'other')).toEqual([undefined, undefined, undefined])
  expect(uploads(its)).toEqual([3, 3, 3])
})
