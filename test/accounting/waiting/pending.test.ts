import { describe, expect, it } from 'vitest'
import { Calendar } from '../../../src/accounting/calendar.ts'
import { countedUpTo } from '../../../src/accounting/counting/mark.ts'
import type { Entry } from '../../../src/accounting/entry.ts'
import type { Reading } from '../../../src/accounting/reading.ts'
import { type Share, spread } from '../../../src/accounting/spread.ts'
import { PendingBuilder } from '../../../src/accounting/waiting/pending.ts'
import type { PendingSession } from '../../../src/accounting/waiting/pending-session.ts'
import { simulated } from '../../harness/services.ts'
import { ann, binding, bytes, hotspot, Meter, MINUTE, ppp, wallAt } from '../readings.ts'

const QUARTER_MS = 15 * 60_000
const calendar = new Calendar('Africa/Nairobi')

/** Two services of one router, whose decisions wait for the database. */
class Waiting {
  builder: PendingBuilder
  readonly #meters = { hotspot: new Meter(), ppp: new Meter() }

  constructor(position: number) {
    this.builder = new PendingBuilder(position)
  }

  take(reading: Reading): void {
    const decision = this.#meters[simulated(reading.service)].read(reading)
    const shares = new Map<Entry, readonly Share[]>()
    for (const entry of decision.entries)
      if (entry.kind !== 'stop')
        shares.set(
          entry,
          entry.counted.flatMap(it => spread(it, QUARTER_MS, calendar)),
        )
    this.builder.add(decision, shares)
  }

  /** What a commit takes. Later decisions belong to the next one. */
  commit() {
    const pending = this.builder.build()
    this.builder = new PendingBuilder(pending.position)
    return pending
  }
}

function only(sessions: ReadonlyMap<unknown, PendingSession>): PendingSession {
  const [session] = sessions.values()
  if (!session || sessions.size > 1) throw new Error(`${sessions.size} sessions wait`)
  return session
}

describe('what waits for the database', () => {
  it('is one row for each session, as it is now, and one for each bucket, with sums', () => {
    const waiting = new Waiting(7)
    waiting.take(ppp(0, [ann(-60, bytes(10, 20))]))
    waiting.take(ppp(5, [ann(-60, bytes(13, 24))]))
    waiting.take(ppp(10, [ann(-60, bytes(14, 29))]))
    const { basePosition, position, sessions } = waiting.commit()
    expect([basePosition, position]).toEqual([7, 10])
    const { session, isNew, end, shares } = only(sessions)
    expect(session).toMatchObject({
      recorded: bytes(14, 29),
      mark: { kind: 'counted', counters: bytes(14, 29) },
    })
    expect([isNew, end]).toEqual([true, undefined])
    expect([...shares.keys()]).toEqual([wallAt(-15 * MINUTE).getTime(), wallAt(0).getTime()])
    expect([...shares.values()]).toMatchObject([bytes(10, 20), bytes(4, 9)])
  })

  it('adds up to what sessions recorded since the last commit', () => {
    const waiting = new Waiting(0)
    let committed = 0
    for (let second = 0; second <= 3600; second += 60) {
      waiting.take(hotspot(second, [ann(-60, bytes(10 + second * 7, 0))]))
      if (second % 600 !== 0) continue
      const { session, shares } = only(waiting.commit().sessions)
      for (const share of shares.values()) committed += share.upload
      expect(committed).toBe(session.recorded.upload)
    }
  })

  it('a session that the database has is not new again', () => {
    const waiting = new Waiting(0)
    waiting.take(ppp(0, [ann(-60, bytes(10, 20))]))
    waiting.commit()
    waiting.take(ppp(5, [ann(-60, bytes(13, 24))]))
    expect(only(waiting.commit().sessions)).toMatchObject({ isNew: false, end: undefined })
  })

  it('a session that began and ended meanwhile is new and ended, with its bytes', () => {
    const waiting = new Waiting(0)
    waiting.take(ppp(0, []))
    waiting.take(ppp(60, [ann(30, bytes(10, 20))]))
    waiting.take(ppp(65, []))
    waiting.take(ppp(70, []))
    const { isNew, end, shares } = only(waiting.commit().sessions)
    expect(isNew).toBe(true)
    expect(end).toEqual({
      ...{ lastSeenAt: wallAt(60), endTime: wallAt(65), reason: 'logout', device: undefined },
    })
    expect([...shares.values()]).toMatchObject([bytes(10, 20)])
  })

  it('what was handed over does not change any more', () => {
    const waiting = new Waiting(0)
    waiting.take(ppp(0, [ann(-60, bytes(10, 20))]))
    const handedOver = waiting.commit()
    const before = structuredClone(handedOver)
    waiting.take(ppp(5, [ann(-60, bytes(99, 99))]))
    expect(handedOver).toEqual(before)
  })

  it('keeps each service’s last reading, all events in their order, and the bindings’ last values', () => {
    const waiting = new Waiting(0)
    waiting.take(hotspot(0, [ann(-60, bytes(10, 20))]))
    waiting.take(hotspot(5, [ann(-60, bytes(1, 2))]))
    waiting.take(hotspot(7, [ann(-60, bytes(1, 3))]))
    waiting.take(ppp(6, [], { bindings: [binding('pppoe-ann', 5, 5)] }))
    waiting.take(ppp(9, [], { bindings: [binding('pppoe-ann', 8, 8)] }))
    waiting.take(hotspot(10, [ann(-60, bytes(0, 3))]))
    waiting.take(hotspot(12, [ann(-60, bytes(0, 3))]))
    const { readings, events, bindings } = waiting.commit()
    expect(readings.get('hotspot')?.at.wall).toEqual(wallAt(12))
    expect(readings.get('ppp')?.at.wall).toEqual(wallAt(9))
    expect(events.map(event => [event.kind, event.at])).toEqual([
      ['reset', wallAt(7)],
      ['reset', wallAt(12)],
    ])
    const moved = new Map([['pppoe-ann', countedUpTo(bytes(8, 8))]])
    expect(bindings).toEqual(new Map([['ppp', { forgetsOthers: false, moved }]]))
  })

  it('keeps the bindings of each service apart, and those of a router whose place another took beside that one’s', () => {
    const waiting = new Waiting(0)
    const a = { serial: 'A', identity: 'hq' }
    const b = { serial: 'B', identity: 'hq' }
    waiting.take(ppp(0, [], { device: a, bindings: [binding('same', 5, 5), binding('old', 1, 1)] }))
    waiting.take(hotspot(0, [], { device: a, bindings: [binding('same', 7, 7)] }))
    waiting.take(ppp(5, [], { device: b, bindings: [binding('same', 2, 2)] }))
    const { bindings } = waiting.commit()
    const marked = (sums: Record<string, number>) =>
      new Map(Object.entries(sums).map(([name, sum]) => [name, countedUpTo(bytes(sum, sum))]))
    const ofA = (name: string) => `\u001fserial A\u001f${name}`
    expect(bindings).toEqual(
      new Map([
        ['ppp', { forgetsOthers: true, moved: marked({ same: 2, [ofA('same')]: 5, [ofA('old')]: 1 }) }],
        ['hotspot', { forgetsOthers: false, moved: marked({ same: 7 }) }],
      ]),
    )
  })

  it('is empty until a decision comes, and not empty even if that decides nothing', () => {
    const waiting = new Waiting(3)
    expect(waiting.builder.isEmpty).toBe(true)
    waiting.take(ppp(0, []))
    expect([waiting.builder.isEmpty, waiting.builder.sessionCount]).toEqual([false, 0])
    expect(waiting.commit().position).toBe(4)
  })
})
