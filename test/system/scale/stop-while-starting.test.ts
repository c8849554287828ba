import { expect, test } from 'vitest'
import { SLICE } from '../../../src/roster/leases.ts'
import { Lifecycle, Stopping } from '../../../src/runtime/lifecycle.ts'
import { held } from '../../recording/recorder-scene.ts'
import { keyOf, openHouse, router, tenants } from '../../roster/roster-scene.ts'
import { HandClock } from '../../runtime/hand-clock.ts'
import { LogLines } from '../../runtime/log-lines.ts'

/** For a poll under way. */
const GRACE_MS = 3_000
const FLEET = tenants({
  acme: Array.from({ length: 3 * SLICE }, (_, number) => router(`router${number}`)),
})

/** The parts of a daemon that read and record, which are stopped as soon as a signal comes. */
function starting() {
  const house = openHouse()
  const lifecycle = new Lifecycle({
    clock: new HandClock('2026-03-01T00:00:00Z'),
    log: new LogLines().log,
  })
  lifecycle.stopping.addEventListener('abort', () => house.stopping.abort())
  lifecycle.firstAtStop('poller', () => house.poller.stop())
  lifecycle.onStop('commits', async () => {
    await house.scene.recorder.commit([...house.scene.recorder.pending().keys()])
    await house.ownership.release()
  })
  const started = lifecycle.wait(() => house.apply(FLEET))
  started.catch(() => {})
  return { house, lifecycle, started }
}

test('a signal while routers are being gained leaves none of them read, held or uncommitted', async () => {
  const { house, lifecycle, started } = starting()
  const { store, clock, scene, leases, links, hosts } = house
  const load = store.load.bind(store)
  const { promise, release } = held(undefined)
  let slices = 0
  store.load = async routers => {
    slices++
    if (slices === 2) await promise
    return load(routers)
  }
  await clock.turn(0)
  expect(hosts).toHaveLength(SLICE)
  const stopped = lifecycle.stop(10_000)
  await clock.turn(GRACE_MS)
  expect(links()).toBe(0)
  release()
  await clock.turn(0)
  expect(await stopped).toBe(true)
  await expect(started).rejects.toThrow(Stopping)
  expect(slices).toBe(2)
  expect(hosts).toHaveLength(SLICE)
  expect(leases.ours()).toEqual([])
  expect(links()).toBe(0)
  expect(scene.recorder.pending().size).toBe(0)
  expect(clock.sleepers).toBe(0)
})

test('what the journal has of routers that left the config is kept if a stop comes before they are taken', async () => {
  const { house, lifecycle, started } = starting()
  const { store, recovery, clock } = house
  const gone = keyOf('acme', 'gone')
  const left = { readings: 3, bytes: { upload: 100n, download: 20n } }
  recovery.left.set(gone, { records: [], unapplied: left })
  const { promise, release } = held(undefined)
  store.failing.set('loadRemoved', promise)
  await clock.turn(0)
  const stopped = lifecycle.stop(10_000)
  release()
  await clock.turn(0)
  expect(await stopped).toBe(true)
  await expect(started).rejects.toThrow(Stopping)
  expect(store.discarded).toEqual([])
  expect(recovery.routers).toEqual([gone])
})
