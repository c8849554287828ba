import { expect, test } from 'vitest'
import { retryAfterMs } from '../../../src/runtime/post/retry-after.ts'

const MINUTE_MS = 60_000

test('Retry-After is a number of seconds or a date', () => {
  const now = new Date('2026-11-26T10:00:00Z')
  expect(retryAfterMs('120', now)).toBe(2 * MINUTE_MS)
  expect(retryAfterMs('64.57', now)).toBe(64_570)
  expect(retryAfterMs('Thu, 26 Nov 2026 10:05:00 GMT', now)).toBe(5 * MINUTE_MS)
  expect(retryAfterMs('Thu, 26 Nov 2026 09:59:00 GMT', now)).toBe(-MINUTE_MS)
  expect(retryAfterMs('9'.repeat(400), now)).toBe(Number.POSITIVE_INFINITY)
  for (const header of [undefined, '', 'soon']) expect(retryAfterMs(header, now)).toBeUndefined()
})
