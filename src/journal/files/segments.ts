import type { RouterKey } from '../../accounting/ids.ts'
import type { Format } from '../format/format.ts'
import { advance, isAtOrBefore, type Position } from '../position.ts'
import type { JournalRecord, RecordHead, SettledRecord } from '../record.ts'

/** A file of the journal. */
export interface Segment {
  readonly number: number
  readonly format: Format
  bytes: number
  /** The last position of each router in it. */
  readonly latest: Map<RouterKey, Position>
}

/**
 * Knows which files the journal has, and which of them are not needed any more: those in which every router's records
 * are settled, or repeated by a checkpoint in a later file.
 */
export class Segments {
  #lastNumber = 0
  readonly #segments: Segment[] = []
  readonly #settled = new Map<RouterKey, SettledRecord>()
  readonly #latest = new Map<RouterKey, Position>()
  /** The segment that began with the last checkpoint, and each router's position in that checkpoint. */
  #checkpoint: { readonly number: number; readonly positions: ReadonlyMap<RouterKey, Position> } | undefined

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0)
  }

  /** The newest number. Numbers are never reused, because a file that could not be removed may still exist. */
  get lastNumber(): number {
    return this.#lastNumber
  }

  add(number: number, format: Format): Segment {
    const segment = { number, format, bytes: 0, latest: new Map() }
    this.#segments.push(segment)
    this.#lastNumber = Math.max(this.#lastNumber, number)
    return segment
  }

  /** Notes a record that is in a segment. */
  note(segment: Segment, { kind, router, epoch, position }: RecordHead): void {
    switch (kind) {
      case 'decision':
      case 'checkpoint':
        advance(segment.latest, router, { epoch, position })
        advance(this.#latest, router, { epoch, position })
        break
      case 'committed':
      case 'forgotten':
        this.settle({ kind, router, epoch, position })
        break
      default:
        kind satisfies never
    }
  }

  /** Whether each decision among the records is the next one of its router, or the first known one. */
  follow(records: readonly JournalRecord[]): boolean {
    const seen = new Map<RouterKey, Position>()
    for (const record of records) {
      if (record.kind !== 'decision') continue
      const { router, epoch, position } = record
      const latest = seen.get(router) ?? this.#latest.get(router)
      if (latest?.epoch === epoch && position !== latest.position + 1) return false
      seen.set(router, { epoch, position })
    }
    return true
  }

  /** A router's position after its last record. */
  latest(router: RouterKey): Position | undefined {
    return this.#latest.get(router)
  }

  settle(record: SettledRecord): void {
    advance(this.#settled, record.router, record)
  }

  /** What a new segment begins with, because the segments with these records may be removed before those they settle. */
  *settled(): Iterable<SettledRecord> {
    for (const [router, record] of this.#settled) if (this.#latest.has(router)) yield record
  }

  /** Notes that a segment begins with a checkpoint, so that earlier ones are not needed for the routers in it. */
  checkpoint(segment: Segment): void {
    this.#checkpoint = { number: segment.number, positions: new Map(segment.latest) }
  }

  /** The segments that are not needed. @param active the segment that is being written, if any */
  unneeded(active: Segment | undefined): readonly Segment[] {
    return this.#segments.filter(segment => segment !== active && this.#isUnneeded(segment))
  }

  has(segment: Segment): boolean {
    return this.#segments.includes(segment)
  }

  remove(segment: Segment): void {
    this.#segments.splice(this.#segments.indexOf(segment), 1)
    for (const router of segment.latest.keys()) if (!this.#isKnown(router)) this.#forget(router)
  }

  #isUnneeded(segment: Segment): boolean {
    for (const [router, last] of segment.latest)
      if (!isReached(this.#settled, router, last) && !this.#isRepeated(segment, router, last)) return false
    return true
  }

  #isRepeated(segment: Segment, router: RouterKey, last: Position): boolean {
    const checkpoint = this.#checkpoint
    return (
      checkpoint !== undefined &&
      segment.number < checkpoint.number &&
      isReached(checkpoint.positions, router, last)
    )
  }

  #isKnown(router: RouterKey): boolean {
    return this.#segments.some(segment => segment.latest.has(router))
  }

  #forget(router: RouterKey): void {
    this.#settled.delete(router)
    this.#latest.delete(router)
  }
}

function isReached(positions: ReadonlyMap<RouterKey, Position>, router: RouterKey, last: Position): boolean {
  const known = positions.get(router)
  return known !== undefined && isAtOrBefore(last, known)
}
