import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { SessionReading } from '../../../src/accounting/reading.ts'
import { NOON } from '../pg/ledger-scene.ts'
import { Crowd, dailyRows } from './crowd.ts'
import { openPoisonScene, type PoisonScene } from './poison-scene.ts'
import { readingAt, sessionAt } from './read-router.ts'

let scene: PoisonScene
beforeAll(async () => {
  scene = await openPoisonScene()
})
beforeEach(() => scene.begin())
afterAll(() => scene.stop())

const LOGIN_MS = NOON - 60_000

function row(atMs: number, name: string, bytes: number | undefined, isGuess?: boolean): SessionReading {
  const joined =
    isGuess === undefined ? undefined : { interface: '<pppoe>', isGuess, isInterchangeable: false }
  return sessionAt(atMs, LOGIN_MS, name, bytes ?? 0, bytes ?? 0, {
    routerSessionId: `0x-${name}-${isGuess}`,
    joined,
    ...(bytes === undefined ? { counters: undefined } : {}),
  })
}

/** The subscribers `before` are there when `wrong` is joined by a guess; then `right` proves to be on its interface. */
async function refute(namesADay: number, before: readonly string[], wrong: string, right: string) {
  const crowd = new Crowd(namesADay)
  const all = (atMs: number) => before.map(name => row(atMs, name, 1))
  crowd.read(readingAt(NOON, 'ppp', [...all(NOON), row(NOON, wrong, 100, true)]))
  await scene.commitOne(crowd.takeCommit())
  const atMs = NOON + 5_000
  const proof = [row(atMs, wrong, undefined, true), row(atMs, right, 160, false)]
  crowd.read(readingAt(atMs, 'ppp', [...all(atMs), ...proof]))
  const commit = crowd.takeCommit()
  expect(commit.pending.moves).toHaveLength(1)
  await scene.commitOne(commit)
  await scene.expectRecorded(2 * (before.length + 160))
}

test('bytes that move to a name beyond the budget go to (others)', async () => {
  await refute(2, ['ann'], 'bo', 'cy')
  expect(await dailyRows(scene)).toEqual(['24 ppp (others) 160', '24 ppp ann 1', '24 ppp bo 0'])
})

test('bytes that move to a name within the budget make its row, which counts', async () => {
  await refute(4, ['ann'], 'bo', 'cy')
  expect(await dailyRows(scene)).toEqual(['24 ppp ann 1', '24 ppp bo 0', '24 ppp cy 160'])
  expect(await scene.ask('select names from tenant_usage_daily')).toEqual([{ names: 3 }])
})

test('bytes of a name beyond the budget move from (others) to a name that has a row', async () => {
  await refute(2, ['ann', 'bo'], 'cy', 'bo')
  expect(await dailyRows(scene)).toEqual(['24 ppp (others) 0', '24 ppp ann 1', '24 ppp bo 161'])
})

test('between two names beyond the budget nothing has to move', async () => {
  await refute(2, ['ann', 'bo'], 'cy', 'dee')
  expect(await dailyRows(scene)).toEqual(['24 ppp (others) 160', '24 ppp ann 1', '24 ppp bo 1'])
})
