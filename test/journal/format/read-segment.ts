import type { RouterKey } from '../../../src/accounting/ids.ts'
import { RecordReader } from '../../../src/journal/format/record-code.ts'
import { type SegmentEnd, SegmentScanner } from '../../../src/journal/format/segment-code.ts'
import type { JournalRecord } from '../../../src/journal/record.ts'

/** All records of a segment, in the order in which they were written. */
export function readSegment(bytes: Buffer): {
  records: readonly JournalRecord[]
  end: SegmentEnd | undefined
} {
  const scanner = new SegmentScanner(bytes)
  const readers = new Map<RouterKey, RecordReader>()
  const records: JournalRecord[] = []
  for (let frame = scanner.next(); frame; frame = scanner.next()) {
    const { router } = frame.head
    const reader = readers.get(router) ?? new RecordReader(router, scanner.format)
    readers.set(router, reader)
    records.push(reader.read(frame.payload))
  }
  return { records, end: scanner.end }
}
