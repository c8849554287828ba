import { describe, expect, it } from 'vitest'
import type { Decision } from '../../src/accounting/entry.ts'
import { routerId, routerKey, sessionId, tenantId } from '../../src/accounting/ids.ts'
import type { Pending } from '../../src/accounting/waiting/pending.ts'
import type { JournalRecord } from '../../src/journal/record.ts'
import { Replay, type ReplayStep } from '../../src/journal/replay.ts'
import { bytes, hotspot, Meter, NOTHING_PENDING, wallAt } from '../accounting/readings.ts'

const NORTH = routerKey(tenantId('wisp'), routerId('north'))

/** A decision in which one session uploaded one byte and downloaded ten. */
function anyDecision(): Decision {
  const meter = new Meter()
  meter.read(hotspot(0, [{ login: -60, counters: bytes(0, 0) }]))
  const { session } = meter
  const counted = [{ delta: bytes(1, 10), from: wallAt(0), to: wallAt(5) }]
  const decision = meter.read(hotspot(5, []))
  return { ...decision, entries: [{ kind: 'interim', session, counted }] }
}

function decided(position: number, epoch = 3): JournalRecord {
  return { kind: 'decision', router: NORTH, epoch, position, decision: anyDecision() }
}

/** A checkpoint in which each position uploaded one byte and downloaded ten. */
function pending(basePosition: number, position: number): Pending {
  const count = position - basePosition
  const share = { bucketStartMs: 0, day: '2026-11-24', upload: count, download: 10 * count }
  const meter = new Meter()
  meter.read(hotspot(0, [{ login: -60, counters: bytes(0, 0) }]))
  const waiting = {
    session: meter.session,
    isNew: true,
    isOnlyGrown: false,
    end: undefined,
    shares: new Map([[0, share]]),
  }
  const sessions = new Map([[sessionId('a'), waiting]])
  return { ...NOTHING_PENDING, basePosition, position, sessions }
}

function checkpoint(epoch: number, ...units: readonly Pending[]): JournalRecord {
  return { kind: 'checkpoint', router: NORTH, epoch, pending: units }
}

function settled(kind: 'committed' | 'forgotten', position: number, epoch = 3): JournalRecord {
  return { kind, router: NORTH, epoch, position }
}

/** The positions that are applied in the end, one after the other, after the database's. */
function applied(replay: Replay, records: readonly JournalRecord[]): readonly string[] {
  let line: readonly string[] = []
  for (const record of records) {
    const step = replay.take(record)
    line = next(line, step, record)
  }
  return line
}

function next(line: readonly string[], step: ReplayStep, record: JournalRecord): readonly string[] {
  switch (step.kind) {
    case 'nothing':
      return line
    case 'back':
      return []
    case 'decision':
      return [
        ...(step.onto === 'stored' ? [] : line),
        `${record.kind === 'decision' ? record.position : '?'}`,
      ]
    case 'checkpoint':
      return [
        ...(step.onto === 'stored' ? [] : line),
        ...step.pending.map(it => `${it.basePosition}→${it.position}`),
      ]
    default:
      return step satisfies never
  }
}

const NONE = { readings: 0, bytes: { upload: 0n, download: 0n } }

function unapplied(readings: number) {
  return { readings, bytes: { upload: BigInt(readings), download: BigInt(10 * readings) } }
}

describe('a router continues from the position in the database', () => {
  it('what the database has is skipped, and everything else is applied in order', () => {
    const replay = new Replay({ epoch: 3, position: 12 })
    const records = [10, 11, 12, 13, 14].map(position => decided(position))
    expect(applied(replay, records)).toEqual(['13', '14'])
    expect(replay.position).toBe(14)
    expect(replay.unapplied).toEqual(NONE)
  })

  it('a checkpoint that begins at the database’s position replaces what was before it', () => {
    const replay = new Replay({ epoch: 3, position: 10 })
    const records = [decided(11), decided(12), checkpoint(3, pending(10, 13)), decided(14)]
    expect(applied(replay, records)).toEqual(['10→13', '14'])
    expect(replay.unapplied).toEqual(NONE)
  })

  it.each([
    [10, ['10→13', '13→15', '16']],
    [13, ['13→15', '16']],
    [15, ['16']],
    [16, []],
  ])('of a checkpoint in two parts, what is after position %i', (position, expected) => {
    const replay = new Replay({ epoch: 3, position })
    const records = [checkpoint(3, pending(10, 13), pending(13, 15)), decided(16)]
    expect(applied(replay, records)).toEqual(expected)
    expect(replay.unapplied).toEqual(NONE)
  })

  it('a checkpoint without anything new changes nothing', () => {
    const replay = new Replay({ epoch: 3, position: 10 })
    const records = [decided(11), decided(12), checkpoint(3, pending(10, 11)), decided(13)]
    expect(applied(replay, records)).toEqual(['11', '12', '13'])
  })

  it('a checkpoint can begin where the decisions before it ended', () => {
    const replay = new Replay({ epoch: 3, position: 10 })
    const records = [decided(11), decided(12), checkpoint(3, pending(12, 15)), decided(16)]
    expect(applied(replay, records)).toEqual(['11', '12', '12→15', '16'])
  })

  it('a commit that the database has lost is restored from the journal', () => {
    const replay = new Replay({ epoch: 3, position: 10 })
    const records = [decided(11), settled('committed', 11), decided(12)]
    expect(applied(replay, records)).toEqual(['11', '12'])
  })
})

describe('a gap', () => {
  it('ends the replay, and what comes after is counted as not applied', () => {
    const replay = new Replay({ epoch: 3, position: 10 })
    expect(applied(replay, [decided(11), decided(13), decided(14)])).toEqual(['11'])
    expect(replay.unapplied).toEqual(unapplied(2))
  })

  it('is closed by a checkpoint that begins at the database’s position', () => {
    const replay = new Replay({ epoch: 3, position: 10 })
    const records = [decided(11), decided(13), checkpoint(3, pending(10, 14)), decided(15)]
    expect(applied(replay, records)).toEqual(['10→14', '15'])
    expect(replay.unapplied).toEqual(NONE)
  })

  it('is not closed by a checkpoint around the database’s position, because commits are whole', () => {
    const replay = new Replay({ epoch: 3, position: 12 })
    expect(applied(replay, [checkpoint(3, pending(10, 14)), decided(15)])).toEqual([])
    expect(replay.unapplied).toEqual(unapplied(5))
  })

  it('a database that was restored from an older backup leaves a gap', () => {
    const replay = new Replay({ epoch: 3, position: 5 })
    expect(applied(replay, [checkpoint(3, pending(10, 14)), decided(15)])).toEqual([])
    expect(replay.unapplied).toEqual(unapplied(5))
  })
})

describe('another epoch', () => {
  it('decisions of the daemon that had the router before the database’s last commit are not applied', () => {
    const replay = new Replay({ epoch: 4, position: 12 })
    expect(applied(replay, [decided(11), decided(12), decided(13)])).toEqual([])
    expect(replay.unapplied).toEqual(unapplied(3))
  })

  it('those of them that were committed are not discarded', () => {
    const replay = new Replay({ epoch: 4, position: 20 })
    const records = [decided(11), decided(12), decided(13), settled('committed', 12)]
    expect(applied(replay, records)).toEqual([])
    expect(replay.unapplied).toEqual(unapplied(1))
  })

  it('those that a checkpoint repeats are discarded once', () => {
    const replay = new Replay({ epoch: 4, position: 20 })
    const records = [decided(11), decided(12), checkpoint(3, pending(11, 13)), decided(14)]
    expect(applied(replay, records)).toEqual([])
    expect(replay.unapplied).toEqual(unapplied(3))
  })

  it('a daemon that died again before it committed under its new lease continues both', () => {
    const replay = new Replay({ epoch: 3, position: 10 })
    const records = [decided(11, 3), decided(12, 3), decided(13, 5), decided(14, 6)]
    expect(applied(replay, records)).toEqual(['11', '12', '13', '14'])
    const again = new Replay({ epoch: 3, position: 10 })
    const withCheckpoint = [decided(11, 3), decided(12, 3), checkpoint(5, pending(10, 12)), decided(13, 5)]
    expect(applied(again, withCheckpoint)).toEqual(['10→12', '13'])
  })

  it('what was forgotten is not applied, even if nothing was committed since', () => {
    const replay = new Replay({ epoch: 3, position: 10 })
    expect(applied(replay, [decided(11), decided(12), settled('forgotten', 12)])).toEqual([])
    expect(replay.position).toBe(10)
    expect(replay.unapplied).toEqual(NONE)
  })

  it('a router that came back starts again from the database', () => {
    const replay = new Replay({ epoch: 3, position: 10 })
    const records = [
      decided(11),
      decided(12),
      settled('forgotten', 12),
      decided(11, 5),
      settled('forgotten', 12),
    ]
    expect(applied(replay, records)).toEqual(['11'])
    // The first record that it was forgotten can be gone with its file.
    const again = new Replay({ epoch: 3, position: 10 })
    expect(applied(again, [decided(11), decided(12), decided(11, 5), settled('forgotten', 12)])).toEqual([
      '11',
    ])
    expect(again.position).toBe(11)
  })
})

describe('a database that is an older copy', () => {
  it.each([
    ['lacks a commit', [settled('committed', 14)], true],
    ['lacks what was before the decisions', [decided(15), decided(16)], true],
    ['lacks what was before a checkpoint', [checkpoint(3, pending(13, 15))], true],
    ['lacks both, under a later lease', [settled('committed', 14, 5), decided(15, 5)], true],
    ['has the commit', [settled('committed', 12)], false],
    [
      'has what was before the decisions',
      [decided(13), decided(14), settled('committed', 14), decided(15)],
      false,
    ],
    ['has what another daemon committed later', [settled('committed', 14, 2), decided(15, 2)], false],
  ] as const)('%s', (_, records, isAhead) => {
    const replay = new Replay({ epoch: 3, position: 12 })
    for (const record of records) replay.take(record)
    expect(replay.isAhead).toBe(isAhead)
  })
})
