import { expect, test } from 'vitest'
import { systemClock } from '../../src/runtime/clock.ts'
import { EventLoopDelay } from '../../src/runtime/event-loop.ts'
import { Metrics } from '../../src/runtime/metrics.ts'

async function holdUp(ms: number): Promise<void> {
  const { signal } = new AbortController()
  await systemClock.sleep(20, signal)
  const untilMs = performance.now() + ms
  while (performance.now() < untilMs);
  await systemClock.sleep(20, signal)
}

test('work that blocks the event loop is measured, and only in the next call', async () => {
  const delay = new EventLoopDelay(new Metrics())
  expect(delay.take().worstMs).toBe(0)
  delay.start()
  await holdUp(60)
  const { worstMs, medianMs } = delay.take()
  expect(worstMs).toBeGreaterThan(40)
  expect(medianMs).toBeLessThan(worstMs)
  await delay.stop()
  expect(delay.take().worstMs).toBe(0)
})

test('a page of metrics shows what was seen since the page before it, in seconds', async () => {
  const metrics = new Metrics()
  const delay = new EventLoopDelay(metrics)
  delay.start()
  await holdUp(60)
  await delay.stop()
  const shown = async () => {
    const page = await metrics.registry.getSingleMetricAsString('tikmeter_event_loop_delay_seconds')
    return Object.fromEntries(
      Array.from(page.matchAll(/level="(\w+)"} (\S+)/g), ([, level = '', value]) => [level, Number(value)]),
    )
  }
  const { p50, p99, max } = await shown()
  expect(max).toBeGreaterThan(0.04)
  expect(max).toBeLessThan(10)
  expect([p50, p99]).toEqual([expect.any(Number), expect.any(Number)])
  expect(await shown()).toMatchObject({ max: 0 })
})
