import { expect, test } from 'vitest'
import { commitLast } from '../../src/daemon/last-commit.ts'
import { HandClock } from '../runtime/hand-clock.ts'
import { LogLines } from '../runtime/log-lines.ts'

/** A database that accepts the nth commit, and a disk that has room again after a time. */
function lastOf({ takenAt = Infinity, roomAfterMs = Infinity }) {
  const clock = new HandClock('2026-03-01T10:00:00Z')
  const lines = new LogLines()
  const startMs = clock.steadyMs()
  let commits = 0
  const ended = commitLast({
    commits: { flush: async () => ++commits >= takenAt },
    journal: {
      get isWriting() {
        return clock.steadyMs() - startMs >= roomAfterMs
      },
    },
    ...{ clock, log: lines.log },
  }).catch((error: Error) => error.message)
  return { clock, lines, ended }
}

test('what waits at a stop is committed, or it stays in the journal and that is logged', async () => {
  const committed = lastOf({ takenAt: 1, roomAfterMs: 0 })
  expect(await committed.ended).toBe(true)
  expect(committed.lines.told).toEqual([])
  const kept = lastOf({ roomAfterMs: 0 })
  expect(await kept.ended).toBe(false)
  expect(kept.lines.told).toMatchObject([
    { level: 50, msg: expect.stringContaining('the journal has the rest') },
  ])
})

test('a stop tries database and journal again while neither takes what waits', async () => {
  const committed = lastOf({ takenAt: 8 })
  await committed.clock.turn(2_000)
  expect(await committed.ended).toBe(true)
  const kept = lastOf({ roomAfterMs: 3_000 })
  await kept.clock.turn(3_000)
  expect(await kept.ended).toBe(false)
})

test('a stop that can save to neither fails, and says what is lost', async () => {
  const { clock, lines, ended } = lastOf({})
  await clock.turn(5_000)
  expect(await ended).toMatch(/neither the database nor the journal took the waiting bytes/)
  expect(lines.told).toEqual([])
  expect(clock.sleepers).toBe(0)
})
