import { describe, expect, it } from 'vitest'
import { addSums, addToSum, NO_SUM } from '../../src/accounting/bytes.ts'
import { NO_TOTALS, statsOf, sumTotals, type Totals } from '../../src/live/snapshot.ts'
import { bytes, wallAt } from '../accounting/readings.ts'

const GB = 1024n ** 3n

function stats(more: Partial<Totals>) {
  return statsOf({ ...NO_TOTALS, ...more }, undefined, wallAt(0))
}

function usage(upload: bigint, download = 0n): number {
  return stats({ total: { upload, download } }).data_usage
}

describe('statistics', () => {
  it.each([
    [0n, 0],
    [GB, 1],
    [GB / 2n, 0.5],
    [(GB * 123n) / 100n, 1.23],
    [(GB * 1236n) / 1000n, 1.24],
    [(GB * 4n) / 1000n, 0],
    [(GB * 6n) / 1000n, 0.01],
    [GB * 1_234_567n, 1_234_567],
  ])('%d bytes are %d GB, with two decimals', (upload, gigabytes) => {
    expect(usage(upload)).toBe(gigabytes)
  })

  it('a GB is 1024³ bytes, and upload and download are rounded separately', () => {
    const half = (GB * 4n) / 1000n
    expect(stats({ total: { upload: half, download: half } })).toMatchObject({
      data_usage: 0.01,
      data_usage_upload: 0,
      data_usage_download: 0,
    })
  })

  it('bytes are exact up to 2^53, and as close as a number can be above', () => {
    const exact = { upload: 2n ** 52n + 1n, download: 3n }
    expect(stats({ total: exact }).bytes.total).toEqual({
      upload: 2 ** 52 + 1,
      download: 3,
      used: 2 ** 52 + 4,
    })
    const large = { upload: 2n ** 60n, download: 2n ** 60n }
    expect(stats({ total: large }).bytes.total).toEqual({ upload: 2 ** 60, download: 2 ** 60, used: 2 ** 61 })
    expect(stats({ total: large }).data_usage).toBe(2 ** 31)
  })

  it('month and today are separate from the total', () => {
    const { monthly_data_usage, today_data_usage, data_usage } = stats({
      total: { upload: GB * 9n, download: 0n },
      month: { upload: GB * 3n, download: GB },
      today: { upload: GB, download: GB },
    })
    expect([data_usage, monthly_data_usage, today_data_usage]).toEqual([9, 4, 2])
  })

  it('a connecting router is not online yet, and a disabled one is neither online nor offline', () => {
    expect(stats({ routers: ['online', 'offline', 'connecting', 'disabled', 'online'] })).toMatchObject({
      total_routers: 5,
      online_routers: 2,
      offline_routers: 2,
    })
  })

  it('the sum over tenants adds everything, and has no day', () => {
    const one: Totals = {
      ...{ total: { upload: 2n ** 53n, download: 1n }, month: NO_SUM, today: NO_SUM },
      ...{ uploadBps: 10, downloadBps: 20, activeSessions: 2 },
      subscribers: [{ name: 'hotspot', usersField: 'hotspot_users', online: 1 }],
      routers: ['online'],
    }
    const both = sumTotals([one, one])
    expect(both).toMatchObject({ uploadBps: 20, downloadBps: 40, activeSessions: 4 })
    expect(both).toMatchObject({
      subscribers: [{ name: 'hotspot', online: 2 }],
      routers: ['online', 'online'],
    })
    expect(both.total).toEqual({ upload: 2n ** 54n, download: 2n })
    expect(sumTotals([])).toEqual(NO_TOTALS)
    expect(statsOf(both, undefined, wallAt(0))).toMatchObject({ day: null, month: null, timezone: null })
  })

  it('contains its time and its day', () => {
    const where = { day: '2026-11-24', timezone: 'Africa/Nairobi' }
    expect(statsOf(NO_TOTALS, where, wallAt(0))).toMatchObject({
      ...where,
      month: '2026-11',
      last_updated: wallAt(0).toISOString(),
    })
  })
})

describe('sums', () => {
  it('pass 2^53 without losing a byte', () => {
    const most = bytes(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
    const sum = addToSum(addToSum(NO_SUM, most), bytes(3, 4))
    expect(sum).toEqual({ upload: 2n ** 53n + 2n, download: 2n ** 53n + 3n })
    expect(addSums(sum, sum).upload).toBe(2n ** 54n + 4n)
  })
})
