import type { RouterKey } from '../accounting/ids.ts'
import type { CheckpointRecord, DecisionRecord } from '../recording/journal-port.ts'
import type { Position } from './position.ts'

/**
 * A router's records up to a place are done with:
 *
 *     committed   by what the database told us. Whether it is still there is its own to say.
 *     forgotten   the router went to somebody else, and what was left has been recorded as discarded
 */
export interface SettledRecord extends Position {
  readonly kind: 'committed' | 'forgotten'
  readonly router: RouterKey
}

export type JournalRecord = DecisionRecord | CheckpointRecord | SettledRecord

/** What a record is about, and where its router stands after it. */
export interface RecordHead extends Position {
  readonly kind: JournalRecord['kind']
  readonly router: RouterKey
}

export function headOf(record: JournalRecord): RecordHead {
  const { kind, router, epoch } = record
  switch (record.kind) {
    case 'checkpoint':
      return { kind, router, epoch, position: record.pending.at(-1)?.position ?? 0 }
    case 'decision':
    case 'committed':
    case 'forgotten':
      return { kind, router, epoch, position: record.position }
    default:
      return record satisfies never
  }
}
