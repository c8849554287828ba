import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { CountedSpan } from '../../src/accounting/entry.ts'
import type { Service } from '../../src/accounting/reading.ts'
import { inOneGo } from '../../src/accounting/steps.ts'
import { ACME, GIB, held, readingOf, Scene, Unavailable } from './recorder-scene.ts'

const ONE = { ann: { upload: GIB, download: 0 } }
const TWO = { ann: { upload: 2 * GIB, download: 0 } }

describe('a decision', () => {
  it('is journaled before anybody sees its numbers', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq', 4)
    const { promise, release } = held(true)
    scene.journal.answering = promise
    const recorded = scene.read(hq, ONE)
    await scene.clock.turn(1_000)
    expect(scene.journal.appended).toMatchObject([{ kind: 'decision', router: hq, epoch: 4, position: 1 }])
    expect(scene.snapshot().stats).toMatchObject({ data_usage: 0, active_sessions: 0 })
    expect(scene.recorder.pending()).toEqual(new Map())
    release()
    await recorded
    expect(scene.snapshot().stats).toMatchObject({ data_usage: 1, active_sessions: 1 })
    expect(scene.recorder.pending()).toEqual(new Map([[hq, 1]]))
  })

  it('that the journal could not write is adopted anyway', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    scene.journal.answering = Promise.resolve(false)
    await scene.read(hq, ONE)
    expect(scene.snapshot().stats.data_usage).toBe(1)
  })

  it('is in a checkpoint as soon as the journal has it, however long it takes to spread its bytes', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    scene.work = async steps => {
      for (let step = steps.next(); ; step = steps.next()) {
        if (step.done) return step.value
        await nextTurn()
      }
    }
    const { promise, release } = held(true)
    scene.journal.answering = promise
    const recorded = scene.read(hq, ONE)
    for (let turn = 0; turn < 100 && scene.journal.appended.length === 0; turn++) await nextTurn()
    release()
    await nextTurn()
    expect([...scene.books.checkpoints()]).toMatchObject([{ router: hq, pending: [{ position: 1 }] }])
    await recorded
  })

  it('is written together with the other one of its poll, at consecutive positions', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    const { promise, release } = held(true)
    scene.journal.answering = promise
    const services: readonly Service[] = ['hotspot', 'ppp']
    const recorded = scene.recorder.record(
      hq,
      services.map(service => readingOf(scene.clock, ONE, service)),
    )
    expect(scene.journal.appended.map(it => [it.position, it.decision.service])).toEqual([
      [1, 'hotspot'],
      [2, 'ppp'],
    ])
    release()
    await recorded
    expect(scene.snapshot().stats).toMatchObject({ data_usage: 2, active_sessions: 2 })
    await scene.recorder.commit([hq])
    expect(scene.store.batches.map(([it]) => it?.pending.position)).toEqual([2])
  })

  it('has the next position, even if a commit happens while it is written', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    await scene.read(hq, ONE)
    await scene.clock.turn(5_000)
    const { promise, release } = held(true)
    scene.journal.answering = promise
    const recorded = scene.read(hq, TWO)
    await scene.recorder.commit([hq])
    release()
    await recorded
    await scene.recorder.commit([hq])
    expect(scene.journal.appended.map(it => it.position)).toEqual([1, 2])
    expect(scene.offers(hq).map(it => it['ann']?.upload)).toEqual([GIB, GIB])
    const positions = scene.store.batches.map(([it]) => [it?.pending.basePosition, it?.pending.position])
    expect(positions).toEqual([
      [0, 1],
      [1, 2],
    ])
  })
})

describe('a commit', () => {
  it('that succeeds is settled in the journal, exactly up to its position', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq', 3)
    await scene.read(hq, ONE)
    const { promise, release } = held(undefined)
    scene.store.answering = promise
    const committed = scene.recorder.commit([hq])
    await scene.clock.turn(5_000)
    await scene.read(hq, TWO)
    expect(scene.journal.settled).toEqual([])
    release()
    await committed
    expect(scene.journal.settled).toEqual([[hq, 3, 1]])
    expect(scene.store.batches).toMatchObject([[{ epoch: 3 }]])
  })

  it('that had succeeded before is settled as well', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    await scene.read(hq, ONE)
    scene.store.outcomes.set(hq, { kind: 'already' })
    await scene.recorder.commit([hq])
    expect(scene.journal.settled).toEqual([[hq, 1, 1]])
  })

  it.each([{ kind: 'lost' }, { kind: 'refused', reason: 'no' }] as const)(
    'that did not is not settled: $kind',
    async outcome => {
      const scene = new Scene()
      const hq = scene.addRouter('hq')
      await scene.read(hq, ONE)
      scene.store.outcomes.set(hq, outcome)
      await scene.recorder.commit([hq])
      expect(scene.journal.settled).toEqual([])
      expect([...scene.recorder.pending().keys()]).toEqual([hq])
    },
  )
})

describe('a decision that breaks an invariant', () => {
  it('is not journaled, whether what it counted is wrong or how that was spread', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    await scene.read(hq, ONE)
    let works = 0
    // The first work of a poll is the decision, the second one the spreading of it.
    const breaking =
      (wrong: number): Scene['work'] =>
      steps => {
        const result = inOneGo(steps)
        if (++works === wrong) for (const counted of countedIn(result)) Object.assign(counted, { upload: -1 })
        return result
      }
    for (const wrong of [1, 2]) {
      works = 0
      scene.work = breaking(wrong)
      await scene.clock.turn(5_000)
      await expect(scene.read(hq, TWO)).rejects.toThrow(
        'acme/hq: counted bytes are whole and not negative: upload -1, download 0',
      )
    }
    expect(scene.journal.appended).toHaveLength(1)
    expect(scene.books.get(hq)?.position).toBe(1)
  })

  it('is not adopted if another one was adopted meanwhile', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    const { promise, release } = held(true)
    scene.journal.answering = promise
    const recorded = scene.read(hq, ONE)
    await scene.clock.turn(0)
    const [journaled] = scene.journal.appended
    const spreading = scene.board.spreading(ACME)
    if (!journaled || !spreading) throw new Error('nothing was journaled')
    scene.books.get(hq)?.adopt(journaled.decision, spreading)
    release()
    await expect(recorded).rejects.toThrow(
      'acme/hq: decisions are adopted where they were journaled: position 0, found 1',
    )
    expect(scene.books.get(hq)?.position).toBe(1)
  })
})

/** The deltas of a decision, or the shares of one. */
function countedIn(result: unknown): readonly object[] {
  if (result instanceof Map) return [...result.values()].flat()
  if (typeof result !== 'object' || result === null || !('entries' in result)) return []
  const entries: readonly { readonly counted?: readonly CountedSpan[] }[] = Array.isArray(result.entries)
    ? result.entries
    : []
  return entries.flatMap(({ counted = [] }) => counted.map(it => it.delta))
}

describe('a checkpoint', () => {
  it('has all that the database does not have, for the routers that have something', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq', 2)
    scene.addRouter('idle')
    await scene.read(hq, ONE)
    scene.store.answering = Promise.reject(new Unavailable('gone'))
    await expect(scene.recorder.commit([hq])).rejects.toThrow('gone')
    await scene.clock.turn(5_000)
    await scene.read(hq, TWO)
    const checkpoints = [...scene.books.checkpoints()]
    expect(checkpoints).toMatchObject([
      {
        ...{ kind: 'checkpoint', router: hq, epoch: 2 },
        pending: [
          { basePosition: 0, position: 1 },
          { basePosition: 1, position: 2 },
        ],
      },
    ])
  })
})

describe('a router that another daemon has taken', () => {
  it('is reported with the epoch at which it was ours, and the others are committed', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq', 7)
    const hill = scene.addRouter('hill')
    await scene.read(hq, ONE)
    await scene.read(hill, ONE)
    scene.store.outcomes.set(hq, { kind: 'lost' })
    const { lost } = await scene.recorder.commit([hq, hill])
    expect(lost).toEqual(new Map([[hq, 7]]))
    expect([...scene.recorder.pending().keys()]).toEqual([hq])
  })

  it('is forgotten only after the reading that is being journaled, which is lost with it', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    const { promise, release } = held(true)
    scene.journal.answering = promise
    const recorded = scene.read(hq, ONE)
    const dropped = scene.recorder.loseRouter(hq)
    await scene.clock.turn(1_000)
    expect(scene.books.has(hq)).toBe(true)
    release()
    await recorded
    expect((await dropped)?.waiting).toEqual({
      readings: 1,
      bytes: { upload: BigInt(GIB), download: 0n },
    })
    expect(scene.books.has(hq)).toBe(false)
  })

  it('is forgotten only after the commit that is under way, and what that has written is not lost', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    await scene.read(hq, ONE)
    const { promise, release } = held(undefined)
    scene.store.answering = promise
    const committed = scene.recorder.commit([hq])
    const dropped = scene.recorder.loseRouter(hq)
    await scene.clock.turn(1_000)
    release()
    await committed
    expect((await dropped)?.waiting.readings).toBe(0)
  })

  it('is forgotten also if the commit under way fails', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    await scene.read(hq, ONE)
    scene.store.answering = Promise.reject(new Unavailable('gone'))
    const committed = scene.recorder.commit([hq])
    const dropped = scene.recorder.loseRouter(hq)
    await expect(committed).rejects.toThrow('gone')
    expect((await dropped)?.waiting.readings).toBe(1)
    expect(await scene.recorder.loseRouter(hq)).toBeUndefined()
  })
})

describe('a router that was forgotten during a commit', () => {
  it('stays if it was added again meanwhile', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    const hill = scene.addRouter('hill')
    await scene.read(hq, ONE)
    // All are logged out, so there are no sessions to end when it is removed.
    for (let reading = 0; reading < 2; reading++) {
      await scene.clock.turn(1_000)
      await scene.read(hq, {})
    }
    scene.store.answering = Promise.reject(new Unavailable('gone'))
    await expect(scene.recorder.commit([hq])).rejects.toThrow('gone')
    scene.store.answering = Promise.resolve()
    scene.recorder.removeRouter(hq)
    await scene.read(hill, ONE)
    const committed = scene.recorder.commit([hq, hill])
    const { promise, release } = held(undefined)
    scene.store.answering = promise
    await scene.clock.turn(0)
    expect(scene.books.has(hq)).toBe(false)
    scene.addRouter('hq', 2)
    release()
    await committed
    expect(scene.books.has(hq)).toBe(true)
  })
})
