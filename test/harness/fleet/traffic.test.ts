import { expect, test } from 'vitest'
import { Meter } from './meter.ts'
import { steadyTraffic, varyingTraffic } from './traffic.ts'
import { formatUptime } from './uptime.ts'

test('varying traffic never falls, whenever it is read, and keeps its mean', () => {
  const traffic = varyingTraffic(7, { upload: 1000, download: 100_000 })
  let last = traffic.bytesAt(0)
  for (let ms = 0; ms < 60_000; ms += 37) {
    const now = traffic.bytesAt(ms)
    expect(now.upload).toBeGreaterThanOrEqual(last.upload)
    expect(now.download).toBeGreaterThanOrEqual(last.download)
    expect(Number.isSafeInteger(now.download)).toBe(true)
    last = now
  }
  const perSecond = traffic.bytesAt(1_600_000).download / 1600
  expect(perSecond).toBeGreaterThan(50_000)
  expect(perSecond).toBeLessThan(150_000)
})

test('a meter stands while nothing runs on it, and continues from there', () => {
  const traffic = steadyTraffic({ upload: 1000, download: 0 })
  const flow = { movedAt: (nowMs: number) => traffic.bytesAt(nowMs) }
  const meter = new Meter()
  meter.run(flow)
  expect(meter.readAt(2000).upload).toBe(2000)
  meter.set({ upload: 0, download: 0 }, 2000)
  expect(meter.readAt(5000).upload).toBe(3000)
  meter.halt(5000)
  expect(meter.readAt(9000).upload).toBe(3000)
  meter.run(flow)
  expect(meter.readAt(1000).upload).toBe(4000)
})

test('an uptime leaves out units of zero', () => {
  expect(formatUptime(0)).toBe('0s')
  expect(formatUptime(999)).toBe('0s')
  expect(formatUptime(60_000)).toBe('1m')
  expect(formatUptime(3_605_000)).toBe('1h5s')
  expect(formatUptime(((((7 + 2) * 24 + 3) * 60 + 4) * 60 + 5) * 1000)).toBe('1w2d3h4m5s')
})
