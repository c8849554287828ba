import type { RouterKey } from '../accounting/ids.ts'
import type { CheckpointRecord, DecisionRecord } from '../recording/journal-port.ts'
import type { Position } from './position.ts'

/**
 * A router's records up to a position are not needed any more:
 *
 *     committed   they are in the database, as it confirmed. (Only the database knows whether they still are.)
 *     forgotten   another daemon has the router now, and what remained was recorded as discarded
 */
export interface SettledRecord extends Position {
  readonly kind: 'committed' | 'forgotten'
  readonly router: RouterKey
}

export type JournalRecord = DecisionRecord | CheckpointRecord | SettledRecord

/** The kind and router of a record, and the router's position after it. */
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
