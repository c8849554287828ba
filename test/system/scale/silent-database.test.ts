import { expect, test } from 'vitest'
import { openConnections } from '../../../src/daemon/daemon-database.ts'
import { commitLast } from '../../../src/daemon/last-commit.ts'
import { CommitLoop } from '../../../src/recording/commit-loop.ts'
import { Lifecycle } from '../../../src/runtime/lifecycle.ts'
import { asStoreError } from '../../../src/store/pg/errors.ts'
import { Observations } from '../../harness/observations.ts'
import { openHouse, router, tenants } from '../../roster/roster-scene.ts'
import { LogLines } from '../../runtime/log-lines.ts'
import { silentServer } from '../../store/pg/silent-server.ts'

const STOP_WITHIN_MS = 10_000
const COMMIT_MS = 30_000

/** The parts of a daemon, in the daemon's order, with a database that answers until `fallSilent`. */
async function running() {
  const house = openHouse()
  const { scene, clock, store, leases, roster, ownership, poller, lines } = house
  const { log } = new LogLines()
  const lifecycle = new Lifecycle({ clock, log: lines.log })
  const onBug = (error: unknown) => expect.fail(String(error))
  const { database } = openConnections({ url: await silentServer(), readUrl: undefined }, lifecycle, log)
  const stopped: string[] = []
  const commits = new CommitLoop({
    ...{ recorder: scene.recorder, intervalMs: COMMIT_MS, observer: new Observations(), clock, log, onBug },
    onLost: routers => ownership.lose(routers),
  })
  lifecycle.firstAtStop('poller', () => poller.stop())
  lifecycle.onStop('journal', async () => void stopped.push('journal'))
  lifecycle.onStop('http and feed', async () => void stopped.push('feed'))
  lifecycle.onStop('commits', async () => {
    const isCommitted = await commitLast({ commits, journal: { isWriting: true }, clock, log: lines.log })
    stopped.push(isCommitted ? 'committed' : 'kept')
  })
  await lifecycle.start('commit loop', commits)
  await lifecycle.start('leases', ownership)
  await lifecycle.wait(() => house.apply(tenants({ acme: [router('hq')] })))
  await lifecycle.start('elsewhere', roster)
  const fallSilent = () => {
    const answer = database.pool.query('select').then(
      () => {},
      (error: unknown) => {
        throw asStoreError('no answer', error)
      },
    )
    answer.catch(() => {})
    for (const it of [scene.store, store, leases]) it.answering = answer
  }
  return { ...house, lifecycle, fallSilent, stopped }
}

test('a stop with a database that never answers reads and journals once more, and ends in order and in time', async () => {
  const { scene, clock, lifecycle, fallSilent, stopped, lines, links } = await running()
  await clock.turn(3 * COMMIT_MS)
  expect(scene.store.batches.length).toBeGreaterThan(0)
  fallSilent()
  await clock.turn(3 * COMMIT_MS)
  const journaled = scene.journal.appended.length
  const begunMs = clock.steadyMs()
  const stopping = lifecycle.stop(STOP_WITHIN_MS)
  await clock.turn(0)
  // One for each of the router's two services.
  expect(scene.journal.appended.length).toBe(journaled + 2)
  expect(links()).toBe(0)
  expect(stopped).toEqual([])
  await clock.turn(0.7 * STOP_WITHIN_MS)
  expect(await stopping).toBe(true)
  expect(clock.steadyMs() - begunMs).toBeLessThan(STOP_WITHIN_MS)
  expect(stopped).toEqual(['kept', 'feed', 'journal'])
  expect(lines.messages.at(-1)).toMatch(/the journal has the rest/)
  expect(clock.sleepers).toBe(0)
})

test('a stop with a database that answers is not cut short', async () => {
  const { scene, clock, lifecycle, stopped } = await running()
  await clock.turn(COMMIT_MS)
  expect(await lifecycle.stop(STOP_WITHIN_MS)).toBe(true)
  expect(stopped).toEqual(['committed', 'feed', 'journal'])
  expect(scene.recorder.pending().size).toBe(0)
  expect(clock.sleepers).toBe(0)
})
