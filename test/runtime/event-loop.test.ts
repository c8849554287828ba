import { expect, test } from 'vitest'
import { systemClock } from '../../src/runtime/clock.ts'
import { EventLoopDelay } from '../../src/runtime/event-loop.ts'

test('work that holds up the event loop is seen, and is over once it was told', async () => {
  const delay = new EventLoopDelay()
  expect(delay.take().worstMs).toBe(0)
  delay.start()
  const { signal } = new AbortController()
  await systemClock.sleep(20, signal)
  const untilMs = performance.now() + 60
  while (performance.now() < untilMs);
  await systemClock.sleep(20, signal)
  const { worstMs, medianMs } = delay.take()
  expect(worstMs).toBeGreaterThan(40)
  expect(medianMs).toBeLessThan(worstMs)
  delay.stop()
  expect(delay.take().worstMs).toBe(0)
})
