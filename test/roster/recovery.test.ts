import { describe, expect, it } from 'vitest'
import type { RouterKey } from '../../src/accounting/ids.ts'
import type { JournalRecord } from '../../src/journal/record.ts'
import { Rollup } from '../../src/live/rollup.ts'
import { RouterBook } from '../../src/recording/router-book.ts'
import { allUnapplied, discardedOf, JournalRecovery } from '../../src/roster/recovery.ts'
import { ACME, BEGINNING, NEW_ROUTER, recordedRouter, Scene } from '../recording/recorder-scene.ts'
import { refOf } from './roster-scene.ts'

const NEVER = { epoch: 0, position: 0 }

/** A daemon's life at an epoch: `hq` is read so many times, 100 bytes each. */
async function live(readings: number, epoch = 1) {
  const scene = new Scene()
  const hq = scene.addRouter('hq', epoch)
  for (let count = 1; count <= readings; count++) {
    await scene.clock.turn(1_000)
    await scene.read(hq, { ann: { upload: 100 * count, download: 0 } })
  }
  return { scene, hq, records: scene.journal.appended }
}

/** A recovery from these records, and what it notes in the journal. */
async function recovering(...records: readonly (readonly JournalRecord[])[]) {
  const forgotten: RouterKey[] = []
  const committed: (readonly [RouterKey, number, number])[] = []
  const all = records.flat()
  const recovery = new JournalRecovery({
    routers: [...new Set(all.map(record => record.router))],
    async *recordsOf(router) {
      yield* all.filter(record => record.router === router)
    },
    committed: (router, epoch, position) => committed.push([router, epoch, position]),
    forget: router => forgotten.push(router),
  })
  return { recovery, forgotten, committed }
}

/** A book that continues with what was recovered. */
async function bookFrom(
  recovery: JournalRecovery,
  router: RouterKey,
  position = 0,
  epoch = 0,
): Promise<RouterBook> {
  const { board } = new Scene()
  const spreading = board.spreading(ACME) ?? expect.fail()
  const book = new RouterBook(recordedRouter('hq'), { ...NEW_ROUTER, position }, new Rollup(), epoch + 1)
  book.recover((await recovery.of(router, { epoch, position })).records, spreading)
  return book
}

function bytesOf(book: RouterBook): number {
  return Number(book.waiting.bytes.upload)
}

describe('what the journal holds', () => {
  it('is applied once, from the committed position', async () => {
    const { hq, records } = await live(5)
    const { recovery } = await recovering(records)
    expect(recovery.routers).toEqual([hq])
    for (const position of [0, 2, 4, 5]) {
      expect((await recovery.of(hq, { epoch: 1, position })).records).toHaveLength(5 - position)
      expect(bytesOf(await bookFrom(recovery, hq, position, 1))).toBe(500 - 100 * position)
    }
  })

  it('is continued by the next reading, as if nothing had happened', async () => {
    const { scene, hq, records } = await live(3)
    const { recovery } = await recovering(records)
    const book = await bookFrom(recovery, hq)
    const before = scene.books.get(hq)?.ledger('hotspot') ?? expect.fail()
    expect(book.ledger('hotspot').unnumbered).toEqual(before.unnumbered)
    expect(book.ledger('hotspot').last).toEqual({ ...before.last, isFromAnotherProcess: true })
    expect(book.position).toBe(3)
    expect(book.rollup.day('2026-03-01')).toEqual({ upload: 300n, download: 0n })
  })

  it('is the same from a checkpoint, which has everything before it', async () => {
    const { scene, hq, records } = await live(3)
    const checkpoints = [...scene.books.checkpoints()]
    const { recovery } = await recovering(records, checkpoints)
    const book = await bookFrom(recovery, hq)
    const other = await bookFrom((await recovering(records)).recovery, hq)
    expect(book.waiting).toEqual(other.waiting)
    expect(book.ledger('hotspot')).toEqual(other.ledger('hotspot'))
    expect(book.pending()).toEqual(other.pending())
    expect(book.rollup.total).toEqual(other.rollup.total)
  })

  it('is the rest of a checkpoint that was committed in part', async () => {
    const { scene, hq, records } = await live(2)
    scene.books.get(hq)?.offer()
    await scene.clock.turn(1_000)
    await scene.read(hq, { ann: { upload: 300, download: 0 } })
    const { recovery } = await recovering(records, [...scene.books.checkpoints()])
    expect(bytesOf(await bookFrom(recovery, hq))).toBe(300)
    expect(bytesOf(await bookFrom(recovery, hq, 2, 1))).toBe(100)
    expect((await bookFrom(recovery, hq, 2, 1)).position).toBe(3)
  })

  it('is unapplied, with its bytes, if another daemon has read the router', async () => {
    const { hq, records } = await live(3)
    const { recovery } = await recovering(records)
    const recovered = await recovery.of(hq, { epoch: 2, position: 9 })
    expect(recovered.records).toEqual([])
    expect(recovered.unapplied).toEqual({ readings: 3, bytes: { upload: 300n, download: 0n } })
  })

  it('is nothing if it was recorded as discarded before', async () => {
    const { hq, records } = await live(3)
    const { recovery } = await recovering(records, [{ kind: 'forgotten', router: hq, epoch: 1, position: 3 }])
    for (const standing of [NEVER, { epoch: 2, position: 9 }])
      expect(allUnapplied(await recovery.of(hq, standing)).readings).toBe(0)
  })
})

describe('what is left of a router', () => {
  it('is what can be applied and what cannot, however it was journaled', async () => {
    const { scene, hq, records } = await live(3)
    const nothing = { readings: 0, bytes: { upload: 0n, download: 0n } }
    const all = { readings: 3, bytes: { upload: 300n, download: 0n } }
    const { recovery } = await recovering(records)
    expect(allUnapplied(await recovery.of(hq, NEVER))).toEqual(all)
    expect(allUnapplied(await recovery.of(hq, { epoch: 2, position: 0 }))).toEqual(all)
    expect(allUnapplied(await recovery.of(hq, { epoch: 1, position: 3 }))).toEqual(nothing)
    const checkpointed = await recovering([...scene.books.checkpoints()])
    expect(allUnapplied(await checkpointed.recovery.of(hq, NEVER))).toEqual(all)
  })

  it('is gone when the router is recovered, and the journal notes it', async () => {
    const { hq, records } = await live(1)
    const { recovery, forgotten, committed } = await recovering(records)
    recovery.markRecovered(hq, { epoch: 2, position: 7 })
    expect([recovery.routers, forgotten, committed]).toEqual([[], [], [[hq, 2, 7]]])
    expect((await recovery.of(hq, NEVER)).records).toEqual([])
    recovery.markDone(hq)
    expect(forgotten).toEqual([hq])
  })
})

it('an event of discarded readings has their number, reason and bytes', () => {
  const left = { readings: 3, bytes: { upload: 300n, download: 7n } }
  expect(discardedOf(refOf('acme', 'hq'), left, 'removed', BEGINNING)).toEqual({
    ...{ tenant: 'acme', router: 'hq', at: BEGINNING },
    detail: { reason: 'removed', readings: 3, upload: 300, download: 7 },
  })
})
