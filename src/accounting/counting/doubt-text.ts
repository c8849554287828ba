import {
  type ByDirection,
  type CountedMark,
  DIRECTIONS,
  type Direction,
  type Doubt,
  type OldMark,
} from './mark.ts'

/*
 * Doubts as JSON, for the journal and the database. Absent parts are null:
 *
 *     doubts = [upload, download]
 *     doubt  = [fall, leap, olds, ahead]
 *     fall   = [atMs, sinceMs, shown, least]
 *     leap   = [from, counted, sinceMs]
 *     olds   = [mark, base, mark, base …]
 */
type Doubts = NonNullable<CountedMark['doubts']>

/** The JSON of doubts. */
export type DoubtsJson = readonly (readonly unknown[] | null)[]

export function doubtsJson(doubts: Doubts): DoubtsJson {
  return DIRECTIONS.map(direction => {
    const doubt = doubts[direction]
    if (!doubt) return null
    const { fall, leap, olds, ahead } = doubt
    return [
      fall ? [fall.atMs, fall.sinceMs, fall.shown, fall.least] : null,
      leap ? [leap.from, leap.counted, leap.sinceMs] : null,
      olds.flatMap(({ mark, base }) => [mark, base]),
      ahead,
    ]
  })
}

/** Reads doubts from their JSON. @throws RangeError if it is not such JSON */
export function doubtsOf(json: unknown): ByDirection<Doubt> | undefined {
  if (json === null || json === undefined) return undefined
  if (!Array.isArray(json) || json.length !== DIRECTIONS.length)
    throw new RangeError('not doubts of two directions')
  const [upload, download] = json.map(doubtOf)
  return upload || download ? { upload, download } : undefined
}

function doubtOf(json: unknown): Doubt | undefined {
  if (json === null) return undefined
  if (!Array.isArray(json) || json.length !== 4) throw new RangeError('not a doubt')
  const [fall, leap, olds, ahead] = json
  const [atMs, fallSinceMs, shown, least] = numbersOf(fall, 4) ?? []
  const [from, counted, leapSinceMs] = numbersOf(leap, 3) ?? []
  return {
    fall:
      fall === null
        ? undefined
        : { atMs: of(atMs), sinceMs: of(fallSinceMs), shown: of(shown), least: of(least) },
    leap: leap === null ? undefined : { from: of(from), counted: of(counted), sinceMs: of(leapSinceMs) },
    olds: oldsOf(olds),
    ahead: of(ahead),
  }
}

function oldsOf(json: unknown): readonly OldMark[] {
  if (!Array.isArray(json) || json.length % 2 !== 0) throw new RangeError('not old marks')
  return Array.from({ length: json.length / 2 }, (_, at) => ({
    mark: of(json[2 * at]),
    base: of(json[2 * at + 1]),
  }))
}

function numbersOf(json: unknown, length: number): readonly unknown[] | undefined {
  if (json === null) return undefined
  if (!Array.isArray(json) || json.length !== length) throw new RangeError('not a part of a doubt')
  return json
}

function of(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new RangeError('a doubt without a number')
  return value
}

/** Whether two doubts are the same. Most are absent. */
export function areSameDoubts(a: CountedMark['doubts'], b: CountedMark['doubts']): boolean {
  if (a === b) return true
  if (!a || !b) return false
  return DIRECTIONS.every((it: Direction) => isSameDoubt(a[it], b[it]))
}

function isSameDoubt(a: Doubt | undefined, b: Doubt | undefined): boolean {
  if (!a || !b) return a === b
  return (
    a.ahead === b.ahead &&
    a.fall?.atMs === b.fall?.atMs &&
    a.fall?.sinceMs === b.fall?.sinceMs &&
    a.fall?.shown === b.fall?.shown &&
    a.fall?.least === b.fall?.least &&
    a.leap?.from === b.leap?.from &&
    a.leap?.counted === b.leap?.counted &&
    a.leap?.sinceMs === b.leap?.sinceMs &&
    a.olds.length === b.olds.length &&
    a.olds.every(({ mark, base }, at) => mark === b.olds[at]?.mark && base === b.olds[at]?.base)
  )
}
