import { expect, test } from 'vitest'
import type { SimulatedRouter } from '../../harness/fleet/simulated-router.ts'
import type { CarriedReading } from '../../harness/fleet/truth.ts'
import { RouterLog } from './router-log.ts'

/** A log of readings: who read when. */
function logOf(...visits: readonly (readonly [reader: string, atMs: number])[]): RouterLog {
  let note: (reading: CarriedReading) => void = () => {}
  const router = {
    onReading: (told: typeof note) => {
      note = told
    },
  }
  const log = new RouterLog(router as SimulatedRouter)
  for (const [reader, atMs] of visits)
    note({ service: 'ppp', reader, atMs, shown: new Map(), lies: new Map() } as unknown as CarriedReading)
  return log
}

/** Taken from `a` at 20; its readings from 10 on are not committed. */
const TAKEN = { fromMs: 10, since: { afterMs: 20, notBy: 'a' } }

test('a window ends with the first reading of another, after the last one that is lost', () => {
  expect(logOf(['a', 15], ['b', 25], ['b', 35]).windowOf('ppp', TAKEN)).toEqual({ fromMs: 10, toMs: 25 })
  expect(logOf(['b', 25], ['a', 30], ['b', 35]).windowOf('ppp', TAKEN)).toEqual({ fromMs: 10, toMs: 35 })
})

test('without a reading of another after a lost one it lasts until the router is back, and read', () => {
  const taken = { ...TAKEN, untilMs: 40 }
  expect(logOf(['a', 45], ['a', 50]).windowOf('ppp', taken)).toEqual({ fromMs: 10, toMs: 45 })
  expect(logOf(['b', 25], ['a', 30], ['a', 45]).windowOf('ppp', taken)).toEqual({ fromMs: 10, toMs: 45 })
  expect(logOf(['b', 25], ['a', 45]).windowOf('ppp', taken)).toEqual({ fromMs: 10, toMs: 25 })
  expect(logOf(['b', 25], ['a', 30]).windowOf('ppp', TAKEN)).toEqual({ fromMs: 10, toMs: Infinity })
})
