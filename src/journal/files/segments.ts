import type { RouterKey } from '../../accounting/ids.ts'
import type { Format } from '../format/format.ts'
import { advance, isAtOrBefore, type Position } from '../position.ts'
import type { JournalRecord, RecordHead, SettledRecord } from '../record.ts'

/** A file of the journal, and up to where each router got in it. */
export interface Segment {
  readonly number: number
  readonly format: Format
  bytes: number
  readonly latest: Map<RouterKey, Position>
}

/**
 * Which files of the journal there are, and which of them nobody needs: those in which every router's records are
 * settled, or told anew by a checkpoint in a later one.
 */
export class Segments {
  #lastNumber = 0
  readonly #segments: Segment[] = []
  readonly #settled = new Map<RouterKey, SettledRecord>()
  readonly #latest = new Map<RouterKey, Position>()
  /** The segment that began with the last checkpoint, and up to where each router is in it. */
  #checkpoint: { readonly number: number; readonly places: ReadonlyMap<RouterKey, Position> } | undefined

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0)
  }

  /** That of the newest; numbers are never used twice, since a file that could not be removed may still be there. */
  get lastNumber(): number {
    return this.#lastNumber
  }

  add(number: number, format: Format): Segment {
    const segment = { number, format, bytes: 0, latest: new Map() }
    this.#segments.push(segment)
    this.#lastNumber = Math.max(this.#lastNumber, number)
    return segment
  }

  /** Takes note of a record that is in a segment. */
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

  /** Whether decisions that are to be written are each the next one of its router, or the first that is known. */
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

  /** Where a router's last record left it. */
  latest(router: RouterKey): Position | undefined {
    return this.#latest.get(router)
  }

  settle(record: SettledRecord): void {
    advance(this.#settled, record.router, record)
  }

  /** What a new segment begins with, since those that told it may go before those it is about. */
  *settled(): Iterable<SettledRecord> {
    for (const [router, record] of this.#settled) if (this.#latest.has(router)) yield record
  }

  /** A segment begins with all that waits for the database: none before it is needed for these routers. */
  checkpoint(segment: Segment): void {
    this.#checkpoint = { number: segment.number, places: new Map(segment.latest) }
  }

  /** @param active the one that is being written, if any */
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
    for (const [router, place] of segment.latest)
      if (!isIn(this.#settled, router, place) && !this.#isTold(segment, router, place)) return false
    return true
  }

  #isTold(segment: Segment, router: RouterKey, place: Position): boolean {
    const checkpoint = this.#checkpoint
    return (
      checkpoint !== undefined && segment.number < checkpoint.number && isIn(checkpoint.places, router, place)
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

function isIn(places: ReadonlyMap<RouterKey, Position>, router: RouterKey, place: Position): boolean {
  const known = places.get(router)
  return known !== undefined && isAtOrBefore(place, known)
}
