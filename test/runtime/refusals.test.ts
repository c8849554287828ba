import { expect, test } from 'vitest'
import { type Refusal, Refusals } from '../../src/runtime/refusals.ts'
import { HandClock } from './hand-clock.ts'
import { LogLines } from './log-lines.ts'
import { rethrow } from './rethrow.ts'

function refusals() {
  const clock = new HandClock('2026-11-24T10:00:00Z')
  const lines = new LogLines()
  const observed: Refusal[] = []
  const all = new Refusals({
    observer: { refused: it => observed.push(it) },
    ...{ clock, log: lines.log, onBug: rethrow },
  })
  all.start()
  return { clock, lines, observed, all, end: () => all.stop() }
}

test('a minute’s refusals are one line, by reason and with the addresses that had the most', async () => {
  const { clock, lines, observed, all, end } = refusals()
  for (let time = 0; time < 1_000; time++) all.note('failed_token', '203.0.113.5')
  for (let number = 0; number < 9; number++)
    for (let time = 0; time <= number; time++) all.note('no_token', `198.51.100.${number}`)
  await clock.turn(60_000)
  expect(lines.lines).toHaveLength(1)
  expect(lines.lines).toMatchObject([
    { msg: 'clients were refused', refused: { failed_token: 1_000, no_token: 45 } },
  ])
  expect(lines.lines[0]?.['addresses']).toEqual({
    ...{ '203.0.113.5': 1_000, '198.51.100.8': 9, '198.51.100.7': 8 },
    ...{ '198.51.100.6': 7, '198.51.100.5': 6 },
  })
  expect(observed).toHaveLength(1_045)
  await clock.turn(600_000)
  expect(lines.lines).toHaveLength(1)
  await end()
  expect(clock.sleepers).toBe(0)
})

test('what was refused last is logged at the end', async () => {
  const { lines, all, end } = refusals()
  all.note('no_room', '203.0.113.5')
  await end()
  expect(lines.lines).toMatchObject([{ refused: { no_room: 1 }, addresses: { '203.0.113.5': 1 } }])
})

test('among a hundred thousand addresses the one that comes most often is found', async () => {
  const { lines, all, end } = refusals()
  for (let number = 0; number < 100_000; number++) {
    all.note('no_token', `address ${number}`)
    if (number % 20 === 0) all.note('no_token', 'often')
  }
  await end()
  const addresses = Object.entries(lines.lines[0]?.['addresses'] ?? {})
  expect(addresses).toHaveLength(5)
  expect(addresses[0]?.[0]).toBe('often')
  expect(addresses[0]?.[1]).toBeGreaterThanOrEqual(5_000)
})
