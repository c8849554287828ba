import { describe, expect, it } from 'vitest'
import type { Decision, Entry } from '../../../src/accounting/entry.ts'
import { type RouterKey, routerId, routerKey, tenantId } from '../../../src/accounting/ids.ts'
import type { Share } from '../../../src/accounting/spread.ts'
import { type Pending, PendingBuilder } from '../../../src/accounting/waiting/pending.ts'
import { SegmentEncoder } from '../../../src/journal/format/segment-code.ts'
import type { JournalRecord } from '../../../src/journal/record.ts'
import { NOTHING_DECIDED } from '../../accounting/readings.ts'
import { Random } from '../random.ts'
import { RandomRouter } from '../random-router.ts'
import { readSegment } from './read-segment.ts'

const NORTH = routerKey(tenantId('wisp'), routerId('north'))
const SOUTH = routerKey(tenantId('wisp'), routerId('south.2'))

function rewritten(records: readonly JournalRecord[]): readonly JournalRecord[] {
  const encoder = new SegmentEncoder()
  for (const record of records) encoder.add(record)
  const { records: read, end } = readSegment(Buffer.from(encoder.take()))
  expect(end).toEqual({ kind: 'whole' })
  return read
}

function decided(router: RouterKey, position: number, decision: Decision): JournalRecord {
  return { kind: 'decision', router, epoch: 3, position, decision }
}

function pendingOf(random: Random, decisions: readonly Decision[], basePosition: number): Pending {
  const builder = new PendingBuilder(basePosition)
  for (const decision of decisions) {
    const shares = new Map<Entry, readonly Share[]>()
    for (const entry of decision.entries)
      if (entry.kind !== 'stop') {
        const bucketStartMs = 900_000 * random.below(4)
        shares.set(
          entry,
          entry.counted.map(({ delta }) => ({ bucketStartMs, day: '2026-11-24', ...delta })),
        )
      }
    builder.add(decision, shares)
  }
  return builder.build()
}

describe('a record that is read is the one that was written', () => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed))('decisions of two routers, seed %i', seed => {
    const random = new Random(seed)
    const routers = [new RandomRouter(random), new RandomRouter(random)]
    const records = Array.from({ length: 60 }, (_, at) =>
      decided(at % 2 === 0 ? NORTH : SOUTH, at, routers[at % 2]?.next() ?? expect.fail()),
    )
    expect(rewritten(records)).toStrictEqual(records)
  })

  it.each([1, 2, 3, 4, 5])('checkpoints with decisions after them, seed %i', seed => {
    const random = new Random(seed)
    const router = new RandomRouter(random)
    const some = Array.from({ length: 20 }, () => router.next())
    const others = Array.from({ length: 20 }, () => router.next())
    const records: JournalRecord[] = [
      decided(NORTH, 1, router.next()),
      {
        ...{ kind: 'checkpoint', router: NORTH, epoch: 2 ** 40 },
        pending: [pendingOf(random, some, 2), pendingOf(random, others, 22)],
      },
      ...Array.from({ length: 20 }, (_, at) => decided(NORTH, 43 + at, router.next())),
    ]
    expect(rewritten(records)).toStrictEqual(records)
  })

  it('settled records', () => {
    const records: JournalRecord[] = [
      { kind: 'committed', router: NORTH, epoch: 0, position: Number.MAX_SAFE_INTEGER },
      { kind: 'forgotten', router: SOUTH, epoch: 7, position: 0 },
    ]
    expect(rewritten(records)).toStrictEqual(records)
  })

  it('a reading that changed nothing', () => {
    const at = { wall: new Date(0), steadyMs: -1.5 }
    const boot = { earliestMs: Number.NEGATIVE_INFINITY, latestMs: Number.NaN }
    const decision = { ...NOTHING_DECIDED, service: 'ppp', at, boot } as const
    expect(rewritten([decided(NORTH, 1, decision)])).toStrictEqual([decided(NORTH, 1, decision)])
  })
})
