import { expect, test } from 'vitest'
import type { Collection } from './collections.ts'
import type { Sample } from './sample.ts'
import { type Slope, slopesOf } from './slopes.ts'

const MB = 1_000_000

function samples(of: (index: number) => { resident?: number; files?: number }): readonly Sample[] {
  return Array.from({ length: 41 }, (_, index) => {
    const { resident = 100 * MB, files = 30 } = of(index)
    return { seconds: index * 10, residentBytes: resident, files, handles: undefined }
  })
}

function collections(usedAt: (index: number) => number, garbage: number): readonly Collection[] {
  return Array.from({ length: 41 }, (_, index) => {
    const used = usedAt(index)
    return {
      ...{ seconds: index * 10, isMajor: true },
      ...{ usedBefore: used + garbage, usedAfter: used, heldAfter: 60 * MB },
    }
  })
}

function slope(held: string, slopes: readonly Slope[]): Slope | undefined {
  return slopes.find(it => it.held === held)
}

const STILL = samples(() => ({}))

test('growth during the warm-up is not a leak', () => {
  const warming = samples(index => ({ resident: Math.min(index, 10) * 10 * MB }))
  expect(slope('RSS', slopesOf(warming, []))).toMatchObject({ growth: 0, isFlat: true })
})

test('RSS may grow by as much garbage as a collection has found', () => {
  const growing = samples(index => ({ resident: (100 + index) * MB }))
  const isFlat = (garbage: number) =>
    slope(
      'RSS',
      slopesOf(
        growing,
        collections(() => 30 * MB, garbage),
      ),
    )?.isFlat
  expect([isFlat(40 * MB), isFlat(10 * MB)]).toEqual([true, false])
})

test('memory after collections, and memory outside of the heap, must stay', () => {
  const leak = (index: number) => (30 + index / 8) * MB
  const wave = (index: number) => (30 + (index % 3)) * MB
  expect(slope('heap in use', slopesOf(STILL, collections(leak, 0)))?.isFlat).toBe(false)
  expect(slope('heap in use', slopesOf(STILL, collections(wave, 0)))?.isFlat).toBe(true)
  const native = samples(index => ({ resident: (100 + index / 8) * MB }))
  expect(
    slope(
      'beside the heap',
      slopesOf(
        native,
        collections(() => 30 * MB, 90 * MB),
      ),
    )?.isFlat,
  ).toBe(false)
})

test('three more open files are a leak, one is not', () => {
  const files = (from: (index: number) => number) =>
    slope(
      'open files',
      slopesOf(
        samples(index => ({ files: from(index) })),
        [],
      ),
    )?.isFlat
  expect(files(index => 30 + Math.floor(index / 10))).toBe(false)
  expect(files(index => (index < 25 ? 30 : 31))).toBe(true)
})

test('values that are not reported are left out', () => {
  expect(slope('active handles', slopesOf(STILL, []))).toBeUndefined()
})
