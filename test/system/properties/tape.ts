import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import type { RouterKey } from '../../../src/accounting/ids.ts'
import type { Pending } from '../../../src/accounting/waiting/pending.ts'
import { SegmentEncoder } from '../../../src/journal/format/segment-code.ts'
import type { Position } from '../../../src/journal/position.ts'
import type { JournalRecord, SettledRecord } from '../../../src/journal/record.ts'
import { Replay } from '../../../src/journal/replay.ts'
import type { RecoveredRecord } from '../../../src/recording/router-book.ts'
import { readSegment } from '../../journal/format/read-segment.ts'
import { growthAsEntries } from './growth-as-entries.ts'

/** A segment with the records written to it. */
class Segment {
  readonly records: JournalRecord[] = []
  #encoder: SegmentEncoder | undefined

  add(record: JournalRecord): void {
    this.records.push(asRead(record))
    this.#encoder ??= new SegmentEncoder()
    this.#encoder.add(record)
  }

  /** @throws if the records read are not those written */
  read(): readonly JournalRecord[] {
    if (!this.#encoder) return []
    const { records, end } = readSegment(this.#encoder.take())
    expect(end).toEqual({ kind: 'whole' })
    if (!isDeepStrictEqual(records, this.records))
      expect(records, 'what the journal reads').toEqual(this.records)
    return records
  }
}

/** What reading a record should return. It is copied, because a record's contents change after it is written. */
function asRead(record: JournalRecord): JournalRecord {
  switch (record.kind) {
    case 'decision': {
      const { numbered: _, ...decision } = growthAsEntries(record.decision)
      return { ...record, decision }
    }
    case 'checkpoint':
      return { ...record, pending: structuredClone(record.pending.map(pendingAsRead)) }
    default:
      return record
  }
}

function pendingAsRead({ inColumns: _, ...pending }: Pending): Pending {
  const sessions = Array.from(pending.sessions, ([id, it]) => [id, { ...it, isOnlyGrown: false }] as const)
  return { ...pending, sessions: new Map(sessions) }
}

/** A journal of one router, in which every appended record is durable at once. */
export class Tape {
  readonly #router: RouterKey
  readonly #kept: (readonly JournalRecord[])[] = []
  #segment = new Segment()
  /** Written with the next decision. */
  #settled: SettledRecord | undefined

  constructor(router: RouterKey) {
    this.#router = router
  }

  append(record: JournalRecord): void {
    if (this.#settled) this.#segment.add(this.#settled)
    this.#settled = undefined
    this.#segment.add(record)
  }

  committed(place: Position): void {
    this.#settled = { kind: 'committed', router: this.#router, ...place }
  }

  /** Begins a segment with all that is pending. @param isOldKept whether the older segments stay for now */
  checkpoint(epoch: number, pending: readonly Pending[], isOldKept: boolean): void {
    this.#turn(isOldKept)
    if (pending.length > 0) this.append({ kind: 'checkpoint', router: this.#router, epoch, pending })
  }

  /** What a router inherits on top of the database's state after the process that wrote this was killed. */
  recover(stored: Position): readonly RecoveredRecord[] {
    this.#settled = undefined
    this.#turn(true)
    const replay = new Replay(stored)
    let inherited: RecoveredRecord[] = []
    for (const record of this.#kept.flat()) {
      const step = replay.take(record)
      if (step.kind === 'back') inherited = []
      if (step.kind === 'nothing' || step.kind === 'back') continue
      if (step.onto === 'stored') inherited = []
      const { onto, ...rest } = step
      inherited.push(rest)
    }
    expect(replay.unapplied.readings, 'readings given up').toBe(0)
    // The state that the router starts from, since the previous process may have committed without noting it here.
    this.committed(stored)
    return inherited
  }

  #turn(isOldKept: boolean): void {
    const read = this.#segment.read()
    if (!isOldKept) this.#kept.length = 0
    else if (read.length > 0) this.#kept.push(read)
    this.#segment = new Segment()
  }
}
