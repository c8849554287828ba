import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Bytes } from '../../../src/accounting/bytes.ts'
import { decide, decideInSteps } from '../../../src/accounting/decide.ts'
import { sessionId } from '../../../src/accounting/ids.ts'
import { adopt, NEW_LEDGER } from '../../../src/accounting/ledger.ts'
import type { Steps } from '../../../src/accounting/steps.ts'
import { bytes, hotspot, TERMS } from '../../accounting/readings.ts'
import { Scene } from '../../recording/recorder-scene.ts'

const MANY = 3_000
const STEPS_A_TURN = 100

function users(count: number, counters: Bytes): Readonly<Record<string, Bytes>> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`user-${index}`, counters]))
}

function logins(from: number, login: number) {
  return Array.from({ length: MANY }, (_, index) => ({
    ...{ username: `user-${from + index}`, login, counters: bytes(10, 100) },
  }))
}

function ids() {
  let last = 0
  return () => sessionId(`session-${++last}`)
}

/** Takes the steps in groups, between which others get a turn. */
async function inTurns<Result>(steps: Steps<Result>): Promise<Result> {
  for (let count = 1; ; count++) {
    const step = steps.next()
    if (step.done) return step.value
    if (count % STEPS_A_TURN === 0) await nextTurn()
  }
}

test('the sessions of a reading begin, continue and end a few per step', () => {
  const newId = ids()
  const first = decide(NEW_LEDGER, hotspot(5, logins(0, 1)), TERMS, newId)
  const ledger = adopt(NEW_LEDGER, first)
  let steps = 0
  const others = decideInSteps(ledger, hotspot(10, logins(MANY, 6)), TERMS, newId)
  for (let step = others.next(); !step.done; step = others.next()) steps++
  // A row takes a look and a decision, and a session without a row takes a step too.
  expect(steps).toBeGreaterThanOrEqual(3 * MANY)
})

test('a router with many sessions does not delay others while its reading is decided on', async () => {
  const scene = new Scene()
  const [large, small] = [scene.addRouter('large'), scene.addRouter('small')]
  scene.work = inTurns
  await scene.clock.turn(1_000)
  const order: string[] = []
  const all = scene.read(large, users(MANY, { upload: 10, download: 100 })).then(() => order.push('large'))
  await scene.read(small, users(1, { upload: 1, download: 1 })).then(() => order.push('small'))
  await all
  expect(order).toEqual(['small', 'large'])
  await scene.recorder.commit([large, small])
  const [offer = {}] = scene.offers(large)
  expect(Object.keys(offer)).toHaveLength(MANY)
  expect(Object.values(offer).every(it => it.upload === 10 && it.download === 100)).toBe(true)
})

test('a commit that comes while a reading is decided on has all of it, or nothing', async () => {
  const scene = new Scene()
  const large = scene.addRouter('large')
  scene.work = inTurns
  await scene.clock.turn(1_000)
  let isRead = false
  const reading = scene.read(large, users(MANY, { upload: 10, download: 100 })).then(() => {
    isRead = true
  })
  while (!isRead) {
    await scene.recorder.commit([large])
    await nextTurn()
  }
  await reading
  await scene.recorder.commit([large])
  expect(scene.offers(large).map(it => Object.keys(it).length)).toEqual([MANY])
})
