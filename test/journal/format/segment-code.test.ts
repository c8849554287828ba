import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { routerId, routerKey, tenantId } from '../../../src/accounting/ids.ts'
import { WRITTEN_FORMAT } from '../../../src/journal/format/format.ts'
import { SegmentEncoder } from '../../../src/journal/format/segment-code.ts'
import type { JournalRecord } from '../../../src/journal/record.ts'
import type { DecisionRecord } from '../../../src/recording/journal-port.ts'
import { Random } from '../random.ts'
import { RandomRouter } from '../random-router.ts'
import { readSegment } from './read-segment.ts'

const NORTH = routerKey(tenantId('wisp'), routerId('north'))
const HEADER_BYTES = 12

function someRecords(count: number): readonly DecisionRecord[] {
  const router = new RandomRouter(new Random(7))
  return Array.from({ length: count }, (_, at) => ({
    ...({ kind: 'decision', router: NORTH, epoch: 1, position: at + 1 } as const),
    decision: router.next(),
  }))
}

/** @returns the segment, and the offset of the end of each frame */
function written(records: readonly JournalRecord[]): { bytes: Buffer; ends: readonly number[] } {
  const encoder = new SegmentEncoder()
  const ends: number[] = []
  for (const record of records) {
    encoder.add(record)
    ends.push(encoder.length)
  }
  return { bytes: Buffer.from(encoder.take()), ends }
}

describe('a torn end', () => {
  it('wherever it is torn, the frames before are read, and nothing else', () => {
    const records = someRecords(8)
    const { bytes, ends } = written(records)
    for (let length = 0; length <= bytes.length; length++) {
      const whole = ends.filter(end => end <= length).length
      const at = length < HEADER_BYTES ? 0 : (ends[whole - 1] ?? HEADER_BYTES)
      const { records: left, end } = readSegment(bytes.subarray(0, length))
      expect(left).toHaveLength(whole)
      if (at === length) expect(left).toStrictEqual(records.slice(0, whole))
      expect(end).toEqual(at === length && length > 0 ? { kind: 'whole' } : { kind: 'torn', at })
    }
  })

  it('zeros that a power cut left are not frames', () => {
    const records = someRecords(3)
    const { bytes } = written(records)
    for (const zeros of [1, 7, 8, 9, 4096]) {
      const { records: left, end } = readSegment(Buffer.concat([bytes, Buffer.alloc(zeros)]))
      expect(left).toStrictEqual(records)
      expect(end).toEqual({ kind: 'torn', at: bytes.length })
    }
    expect(readSegment(Buffer.alloc(4096)).end).toEqual({ kind: 'torn', at: 0 })
  })

  it('a last frame that was only partly written is torn', () => {
    const records = someRecords(3)
    const { bytes, ends } = written(records)
    const at = ends[1] ?? expect.fail()
    expect(readSegment(Buffer.concat([bytes.subarray(0, -5), Buffer.alloc(5)]))).toStrictEqual({
      records: records.slice(0, 2),
      end: { kind: 'torn', at },
    })
  })
})

describe('damage', () => {
  it('no flipped bit goes unnoticed: what is read is what was written, up to the frame with the bit', () => {
    const records = someRecords(6)
    const { bytes, ends } = written(records)
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes)
      damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << (at % 8)), at)
      const whole = at < HEADER_BYTES ? 0 : ends.filter(end => end <= at).length
      const { records: left, end } = readSegment(damaged)
      expect(left).toHaveLength(whole)
      expect(end?.kind).not.toBe('whole')
    }
  })

  it('a wrong frame before a right one is not torn but broken', () => {
    const { bytes, ends } = written(someRecords(6))
    const at = ends[2] ?? expect.fail()
    bytes.writeUInt8(bytes.readUInt8(at + 20) ^ 1, at + 20)
    expect(readSegment(bytes).end).toEqual({ kind: 'broken', at, reason: 'checksum' })
  })

  it('another version is distinguished from damage', () => {
    const { bytes } = written(someRecords(1))
    const head = Buffer.from([...Buffer.from('tikjrnl'), WRITTEN_FORMAT + 1])
    const checksum = Buffer.alloc(4)
    checksum.writeUInt32LE(crc32(head))
    const newer = Buffer.concat([head, checksum, bytes.subarray(HEADER_BYTES)])
    expect(readSegment(newer)).toEqual({ records: [], end: { kind: 'newer', version: WRITTEN_FORMAT + 1 } })
    const damaged = Buffer.concat([head, bytes.subarray(head.length)])
    expect(readSegment(damaged)).toEqual({ records: [], end: { kind: 'broken', at: 0, reason: 'header' } })
  })
})
