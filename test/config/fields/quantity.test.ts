import { describe, expect, it } from 'vitest'
import type { Checked } from '../../../src/config/fields/checked.ts'
import { duration, interval, rate, shareOf, size, threshold } from '../../../src/config/fields/quantity.ts'

const wrong = expect.objectContaining({ kind: 'wrong' })

function outcomeOf(checked: Checked<number>): number | string {
  return checked.kind === 'right' ? checked.value : checked.message
}

describe('a duration', () => {
  it.each([
    ['500ms', 500],
    ['5s', 5000],
    ['1.5s', 1500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['90d', 7_776_000_000],
  ])('%s is %d ms', (text, ms) => {
    expect(outcomeOf(duration(text))).toBe(ms)
  })

  it.each([5, '5', 's', '5 weeks', '-5s', '1h30m', '0s', '5S', '', null, undefined, ['5s'], '1e3s'])(
    '%j is not one',
    value => {
      expect(duration(value)).toEqual(wrong)
    },
  )

  it('for a timer is no longer than a timer can wait', () => {
    expect(outcomeOf(interval('24d'))).toBe(2_073_600_000)
    expect(interval('25d')).toEqual(wrong)
  })
})

describe('a size', () => {
  it.each([
    ['512B', 512],
    ['1KB', 1024],
    ['512MB', 536_870_912],
    ['1.5GB', 1_610_612_736],
    ['2TB', 2_199_023_255_552],
  ])('%s is %d bytes', (text, bytes) => {
    expect(outcomeOf(size(text))).toBe(bytes)
  })

  it.each([1024, '1Gb', '1gb', '1G', '0MB', '99999999TB'])('%j is not one', value => {
    expect(size(value)).toEqual(wrong)
  })
})

describe('a rate', () => {
  it.each([
    ['9600bps', 9600],
    ['500kbps', 500_000],
    ['100Mbps', 100_000_000],
    ['2.5Gbps', 2_500_000_000],
    ['10Gbps', 10_000_000_000],
  ])('%s is %d bits a second', (text, bitsPerSecond) => {
    expect(outcomeOf(rate(text))).toBe(bitsPerSecond)
  })

  it.each(['10GBps', '10mbps', '10G', 10, '0bps'])('%j is not one: bytes are not bits', value => {
    expect(rate(value)).toEqual(wrong)
  })
})

describe('a threshold', () => {
  it.each([
    ['80%', 80_000_000],
    ['12.5%', 12_500_000],
    ['0.000001%', 1],
    ['1000%', 1_000_000_000],
    ['080 %', 80_000_000],
  ])('of %s is a share of %d hundred-millionths', (written, share) => {
    expect(threshold(written)).toEqual({ kind: 'right', value: { kind: 'share', share } })
  })

  it('is a size otherwise', () => {
    expect(threshold('2TB')).toEqual({ kind: 'right', value: { kind: 'bytes', bytes: 2 * 1024 ** 4 } })
  })

  it.each(['0%', '1000.1%', '1.0000001%', '.5%', '%', '-1%', '80% ', 0.8, '0GB'])('%j is not one', value => {
    expect(threshold(value)).toEqual(wrong)
  })

  it('is exact where a floating point number is not, and is rounded up', () => {
    expect(shareOf(100, 7_000_000)).toBe(7)
    expect(shareOf(101, 7_000_000)).toBe(8)
    expect(shareOf(Number.MAX_SAFE_INTEGER, 100_000_000)).toBe(Number.MAX_SAFE_INTEGER)
    expect(shareOf(Number.MAX_SAFE_INTEGER, 100_000_001)).toBeUndefined()
  })
})
