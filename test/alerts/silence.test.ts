import { expect, test } from 'vitest'
import { routerId, routerKey, tenantId } from '../../src/accounting/ids.ts'
import { Silences } from '../../src/alerts/silence.ts'

const hq = routerKey(tenantId('acme'), routerId('hq'))
const WITHIN_MS = 90_000

function seen(at: string | undefined) {
  return { key: hq, lastReadingAt: at === undefined ? undefined : new Date(at) }
}

function sight(at: string | undefined) {
  return [seen(at)]
}

/** Looks every half minute, once for each of these last readings. */
function looked(...readings: readonly (string | undefined)[]): Silences {
  const silences = new Silences()
  for (const [turn, at] of readings.entries()) silences.look(sight(at), turn * 30_000, WITHIN_MS)
  return silences
}

test('a router is silent from the first look that finds no new reading', () => {
  const [at, later] = ['2026-11-26T10:00:00Z', '2026-11-26T10:00:30Z']
  expect(looked(at).of(seen(at))).toBe(0)
  expect(looked(at, at, at).of(seen(at))).toBe(60_000)
  expect(looked(at, at, later, later).of(seen(later))).toBe(30_000)
})

test('a router that was never read is silent from the first look', () => {
  expect(looked(undefined, undefined).of(seen(undefined))).toBe(30_000)
  expect(looked(undefined, undefined, '2026-11-26T10:00:00Z').of(seen('2026-11-26T10:00:00Z'))).toBe(0)
})

test('a reading that is older than the previous one, after a clock change, is still new', () => {
  expect(looked('2026-11-26T10:00:00Z', '2026-11-26T09:00:00Z').of(seen('2026-11-26T09:00:00Z'))).toBe(0)
})

test('a gap between looks is not counted as silence', () => {
  const silences = looked('2026-11-26T10:00:00Z', '2026-11-26T10:00:00Z')
  silences.look(sight('2026-11-26T10:00:00Z'), 30_000 + WITHIN_MS, WITHIN_MS)
  expect(silences.of(seen('2026-11-26T10:00:00Z'))).toBe(30_000 + WITHIN_MS)
  silences.look(sight('2026-11-26T10:00:00Z'), 30_001 + 2 * WITHIN_MS, WITHIN_MS)
  expect(silences.of(seen('2026-11-26T10:00:00Z'))).toBe(0)
})

test('a missing router is not silent, and starts over when it is back', () => {
  const silences = looked('2026-11-26T10:00:00Z', '2026-11-26T10:00:00Z')
  silences.look([], 60_000, WITHIN_MS)
  expect(silences.of(seen('2026-11-26T10:00:00Z'))).toBeUndefined()
  silences.look(sight('2026-11-26T10:00:00Z'), 90_000, WITHIN_MS)
  expect(silences.of(seen('2026-11-26T10:00:00Z'))).toBe(0)
})

test('a router that was read since the last look is not silent', () => {
  const at = '2026-11-26T10:00:00Z'
  expect(looked(at, at, at).of(seen('2026-11-26T10:01:00Z'))).toBe(0)
})
