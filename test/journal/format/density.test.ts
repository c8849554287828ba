import { expect, it } from 'vitest'
import { SegmentEncoder } from '../../../src/journal/format/segment-code.ts'
import type { DecisionRecord } from '../../../src/recording/journal-port.ts'
import { BusyRouter } from '../busy-router.ts'
import { Random } from '../random.ts'

it.each([
  ['one router', 1, 1000],
  ['20 routers', 20, 50],
])(
  'a session reading costs some eight bytes in the steady state: 1,000 sessions on %s',
  (_, count, sessions) => {
    const random = new Random(1)
    const encoder = new SegmentEncoder()
    const routers = Array.from(
      { length: count },
      (__, at) => new BusyRouter({ name: `r${at}`, sessions, churn: 0, random }),
    )
    const turn = (position: number) => {
      for (const router of routers)
        encoder.add({ kind: 'decision', router: router.key, epoch: 9, position, decision: router.next(5) })
      return encoder.take().length / 1000
    }
    const first = turn(1)
    const turns = 20
    let later = 0
    for (let position = 2; position < 2 + turns; position++) later += turn(position)
    console.info(`${(later / turns).toFixed(2)} bytes a session reading; ${first.toFixed(0)} the first time`)
    expect(later / turns).toBeLessThan(9)
    expect(first).toBeLessThan(200)
  },
)

it('a session that logs in costs a few hundred bytes once', () => {
  const router = new BusyRouter({ name: 'north', sessions: 1000, churn: 1, random: new Random(1) })
  const encoder = new SegmentEncoder()
  const record = (position: number): DecisionRecord => {
    return { kind: 'decision', router: router.key, epoch: 9, position, decision: router.next(5) }
  }
  encoder.add(record(1))
  encoder.take()
  encoder.add(record(2))
  expect(encoder.take().length / 1000).toBeLessThan(250)
})
