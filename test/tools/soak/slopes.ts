import { fitLine, type Point } from '../bench/fleet/line.ts'
import type { Collection } from './collections.ts'
import type { Sample } from './sample.ts'

/** The trend of a value over the measured time; growth and bound are for all of it. */
export interface Slope {
  readonly held: string
  readonly unit: 'bytes' | 'count'
  readonly middle: number
  readonly scatter: number
  readonly perHour: number
  readonly growth: number
  readonly bound: number
  readonly isFlat: boolean
}

/** At first caches fill, pools grow and the heap finds its size. */
const WARM_UP_SHARE = 0.25
const MEMORY_SHARE = 0.05
/** Some are always under way when they are counted. */
const COUNT_BOUND = 2

/**
 * Memory may grow by a twentieth plus noise. The heap after each major collection is all in use, and the memory outside
 * of the heap hardly moves either: their noise is twice their scatter around the line, and leaks show there. The whole
 * RSS also contains garbage that V8 accumulates between major collections, for minutes if there is room: its noise is
 * the most that one of them found.
 */
export function slopesOf(samples: readonly Sample[], collections: readonly Collection[]): readonly Slope[] {
  const major = collections.filter(({ isMajor }) => isMajor)
  const resident = samples.map(({ seconds, residentBytes }) => ({ x: seconds, y: residentBytes }))
  const beside = resident.map(({ x, y }) => ({ x, y: y - heldAt(x, collections) }))
  const handles = samples.flatMap(({ seconds, handles }) =>
    handles === undefined ? [] : [{ x: seconds, y: handles }],
  )
  const tallest = Math.max(0, ...warm(major.map(toGarbage)).map(({ y }) => y))
  return [
    ...memorySlope('RSS', resident, tallest),
    ...memorySlope(
      'heap in use',
      major.map(({ seconds, usedAfter }) => ({ x: seconds, y: usedAfter })),
    ),
    ...memorySlope('beside the heap', beside),
    ...countSlope(
      'open files',
      samples.map(({ seconds, files }) => ({ x: seconds, y: files })),
    ),
    ...countSlope('active handles', handles),
  ]
}

function memorySlope(held: string, points: readonly Point[], noise?: number): readonly Slope[] {
  const measured = warm(points)
  if (measured.length < 2) return []
  const { slope, growth, scatter, middle } = fitLine(measured)
  const bound = middle * MEMORY_SHARE + (noise ?? 2 * scatter)
  return [
    {
      ...{ held, unit: 'bytes', middle, scatter, growth, bound },
      ...{ perHour: slope * 3_600, isFlat: growth <= bound },
    },
  ]
}

function countSlope(held: string, points: readonly Point[]): readonly Slope[] {
  const measured = warm(points)
  if (measured.length < 2) return []
  const { slope, growth, scatter, middle } = fitLine(measured)
  return [
    {
      ...{ held, unit: 'count', middle, scatter, growth, bound: COUNT_BOUND },
      ...{ perHour: slope * 3_600, isFlat: Math.abs(growth) <= COUNT_BOUND },
    },
  ]
}

/** The points after the warm-up. */
function warm(points: readonly Point[]): readonly Point[] {
  const xs = points.map(({ x }) => x)
  const first = Math.min(...xs)
  const fromX = first + (Math.max(...xs) - first) * WARM_UP_SHARE
  return points.filter(({ x }) => x >= fromX)
}

function toGarbage({ seconds, usedBefore, usedAfter }: Collection): Point {
  return { x: seconds, y: usedBefore - usedAfter }
}

/** The heap's memory since the last collection before. */
function heldAt(seconds: number, collections: readonly Collection[]): number {
  return collections.findLast(it => it.seconds <= seconds)?.heldAfter ?? 0
}
