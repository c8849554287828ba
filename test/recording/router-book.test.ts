import { describe, expect, it } from 'vitest'
import { inOneGo } from '../../src/accounting/steps.ts'
import { Rollup } from '../../src/live/rollup.ts'
import { RouterBook } from '../../src/recording/router-book.ts'
import { ACME, NEW_ROUTER, readingOf, recordedRouter, Scene } from './recorder-scene.ts'

/** A router that was last committed at position 4. */
function opened() {
  const scene = new Scene()
  const rollup = new Rollup(
    { upload: 1_000n, download: 0n },
    new Map([['2026-03-01', { upload: 10n, download: 0n }]]),
  )
  const book = new RouterBook(recordedRouter('hq'), { ...NEW_ROUTER, position: 4 }, rollup, 2)
  scene.recorder.addRouter(book)
  const { key } = book
  const read = async (upload: number) => {
    await scene.clock.turn(1_000)
    await scene.read(key, { ann: { upload, download: 0 } })
  }
  return { scene, book, key, read }
}

describe('a book', () => {
  it('continues from the database’s position and numbers', async () => {
    const { book, read } = opened()
    expect([book.position, book.hasPending, book.waiting.readings]).toEqual([4, false, 0])
    await read(100)
    expect([book.position, book.hasPending]).toEqual([5, true])
    expect(book.rollup.total.upload).toBe(1_100n)
    expect(book.rollup.day('2026-03-01').upload).toBe(110n)
    expect(book.pending()).toMatchObject([{ basePosition: 4, position: 5 }])
  })

  it('is changed by adopting a decision, not by deciding', async () => {
    const { scene, book, read } = opened()
    await read(100)
    const ledger = book.ledger('hotspot')
    const live = book.lives.get('hotspot')
    await scene.clock.turn(1_000)
    const reading = readingOf(scene.clock, { ann: { upload: 300, download: 10 } }, 'hotspot')
    const decision = inOneGo(book.decide(reading, () => expect.fail()))
    expect([book.ledger('hotspot'), book.lives.get('hotspot'), book.position]).toEqual([ledger, live, 5])
    book.adopt(decision, scene.board.spreading(ACME) ?? expect.fail())
    expect(book.position).toBe(6)
    expect(book.rollup.total.upload).toBe(1_300n)
  })

  it('offers the same until it is confirmed, and then what came since', async () => {
    const { book, read } = opened()
    expect(book.offer()).toBeUndefined()
    await read(100)
    const offered = book.offer()
    await read(150)
    expect(book.offer()).toBe(offered)
    expect(book.pending().map(it => it.position)).toEqual([5, 6])
    expect(book.pendingSessions).toBe(2)
    expect(book.waiting).toEqual({ readings: 2, bytes: { upload: 150n, download: 0n } })
    book.confirm()
    expect(book.waiting).toEqual({ readings: 1, bytes: { upload: 50n, download: 0n } })
    expect(book.offer()).toMatchObject({ basePosition: 5, position: 6 })
    book.confirm()
    expect([book.hasPending, book.pending(), book.position]).toEqual([false, [], 6])
  })

  it('shows its bytes once, whether they wait, are offered or are confirmed', async () => {
    const { book, read } = opened()
    await read(100)
    book.offer()
    expect(book.rollup.total.upload).toBe(1_100n)
    book.confirm()
    expect(book.rollup.total.upload).toBe(1_100n)
  })
})

describe('a book whose numbers do not add up', () => {
  const decided = async () => {
    const { scene, book, read } = opened()
    await read(100)
    await scene.clock.turn(1_000)
    const reading = readingOf(scene.clock, { ann: { upload: 300, download: 10 } }, 'hotspot')
    const decision = inOneGo(book.decide(reading, () => expect.fail()))
    return { book, decision, spreading: scene.board.spreading(ACME) ?? expect.fail() }
  }

  it('takes no decision whose shares do not add up to what was counted', async () => {
    const { book, decision, spreading } = await decided()
    expect(() => book.adopt(decision, spreading, new Map())).toThrow(
      'acme/hq: the shares of a delta add up to the delta: upload 200, download 10, foundUpload 0, foundDownload 0',
    )
    expect([book.position, book.rollup.total.upload]).toEqual([5, 1_100n])
  })

  it('is noticed if the live sums are not what was adopted', async () => {
    const { book, decision, spreading } = await decided()
    const add = book.rollup.add.bind(book.rollup)
    book.rollup.add = (day, share) => add(day, { ...share, upload: share.upload + 1 })
    expect(() => book.adopt(decision, spreading)).toThrow(
      'acme/hq: live sums grow by what was adopted: upload 1300, download 10, foundUpload 1301, foundDownload 10',
    )
  })

  it('offers nothing to the database', async () => {
    const { book } = await decided()
    for (const { shares } of book.pending()[0]?.sessions.values() ?? [])
      for (const share of shares.values()) Object.assign(share, { upload: 99 })
    expect(() => book.offer()).toThrow('acme/hq: what waits is the sum of what was adopted: upload 100,')
  })
})

describe('an offer that was never answered', () => {
  it.each([
    ['is confirmed if the database is at its end', { committedEpoch: 2, position: 5 }, true],
    ['is not confirmed if the database is at its start', { committedEpoch: 2, position: 4 }, false],
    ['is not confirmed if another daemon has written since', { committedEpoch: 3, position: 5 }, false],
    [
      'is not confirmed if the last commit was of an earlier epoch',
      { committedEpoch: 1, position: 5 },
      false,
    ],
  ])('%s', async (_, stored, isConfirmed) => {
    const { book, read } = opened()
    await read(100)
    book.offer()
    book.confirmBy({ ...NEW_ROUTER, ...stored })
    expect(book.hasPending).toBe(!isConfirmed)
  })
})

describe('a recovered book', () => {
  it('shows nobody online before its first reading', async () => {
    const { scene, read } = opened()
    await read(100)
    const records = scene.journal.appended.map(({ decision }) => ({ kind: 'decision', decision }) as const)
    const heir = new RouterBook(recordedRouter('hq'), { ...NEW_ROUTER, position: 4 }, new Rollup(), 3)
    heir.recover(records, scene.board.spreading(ACME) ?? expect.fail())
    expect([heir.lives.get('hotspot'), heir.position, heir.hasPending]).toEqual([undefined, 5, true])
    expect(heir.pending()).toMatchObject([{ basePosition: 4, position: 5 }])
  })
})
