import { describe, expect, it } from 'vitest'
import { addBytes, type Bytes, NO_BYTES } from '../../src/accounting/bytes.ts'
import { Calendar } from '../../src/accounting/calendar.ts'
import { decide } from '../../src/accounting/decide.ts'
import type { Entry } from '../../src/accounting/entry.ts'
import { type SessionId, sessionId } from '../../src/accounting/ids.ts'
import { adopt, type Ledger, NEW_LEDGER } from '../../src/accounting/ledger.ts'
import { PendingBuilder } from '../../src/accounting/pending.ts'
import type { Reading, Service } from '../../src/accounting/reading.ts'
import { type Share, spread } from '../../src/accounting/spread.ts'
import { pick, type Random, seededRandom, wholeBelow } from '../fleet/random.ts'
import { TERMS } from './readings.ts'
import { Truth } from './truth.ts'
import { type Clocks, WobblyRouter } from './wobbly-router.ts'

const HISTORIES = 1_000
const READINGS = 50
const SECOND_MS = 1_000
const HOUR_MS = 3_600_000

const calendars = ['Africa/Nairobi', 'Europe/Berlin', 'Asia/Kathmandu', 'Australia/Lord_Howe'].map(
  timezone => new Calendar(timezone),
)

/** The daemon's books: what it decided, what it would commit, and what each subscriber comes to. */
class Books {
  readonly recorded = new Map<string, Bytes>()
  readonly committed = new Map<SessionId, Bytes>()
  readonly sums = new Map<SessionId, Bytes>()
  readonly events: string[] = []
  ledger: Ledger = NEW_LEDGER
  readonly #calendar: Calendar
  readonly #bucketMs: number
  #builder = new PendingBuilder(0)
  #sessions = 0

  constructor(calendar: Calendar, bucketMs: number) {
    this.#calendar = calendar
    this.#bucketMs = bucketMs
  }

  take(reading: Reading): void {
    const decision = decide(this.ledger, reading, TERMS, () => sessionId(`session-${this.#sessions++}`))
    this.ledger = adopt(this.ledger, decision)
    const shares = new Map<Entry, readonly Share[]>()
    for (const entry of decision.entries) {
      this.sums.set(entry.session.id, entry.session.recorded)
      if (entry.kind === 'stop' || !entry.counted) continue
      const { username } = entry.session
      this.recorded.set(username, addBytes(this.recorded.get(username) ?? NO_BYTES, entry.counted.delta))
      shares.set(entry, spread(entry.counted, this.#bucketMs, this.#calendar))
    }
    for (const { kind } of decision.events) this.events.push(kind)
    this.#builder.add(decision, shares)
  }

  commit(): void {
    const { sessions, position } = this.#builder.build()
    this.#builder = new PendingBuilder(position)
    for (const [id, { shares }] of sessions) {
      let sum = this.committed.get(id) ?? NO_BYTES
      for (const share of shares.values()) sum = addBytes(sum, share)
      this.committed.set(id, sum)
    }
  }

  restart(): void {
    this.commit()
    const { last } = this.ledger
    if (last) this.ledger = { ...this.ledger, last: { ...last, isFromAnotherProcess: true } }
  }
}

/** How long until the next reading: mostly a poll interval, now and then an outage. */
function pause(random: Random): number {
  const chance = random()
  if (chance < 0.85) return 5 * SECOND_MS
  if (chance < 0.97) return SECOND_MS + wholeBelow(random, HOUR_MS)
  return wholeBelow(random, 24 * HOUR_MS)
}

/** A clock set while the daemon was down. By what hides in the drift of a long uptime, only where sessions can tell. */
function setClock(random: Random, clocks: Clocks, youngestMs: number): Clocks {
  const minutes = (10 + wholeBelow(random, 24 * 60)) * 60 * SECOND_MS
  const little = 2.5 * SECOND_MS + wholeBelow(random, 60 * SECOND_MS)
  const byMs = youngestMs > little + 10 * SECOND_MS && random() < 0.5 ? little : minutes
  return { ...clocks, steadyAheadMs: clocks.steadyAheadMs + (random() < 0.5 ? byMs : -byMs) }
}

interface History {
  readonly truth: Truth
  readonly books: Books
}

function live(service: Service, seed: number): History {
  const random = seededRandom(seed)
  const truth = new Truth()
  const books = new Books(
    pick(random, calendars) ?? new Calendar('UTC'),
    (pick(random, [1, 5, 15, 15]) ?? 15) * 60 * SECOND_MS,
  )
  let nowMs = Date.UTC(2026, 9, 20) + wholeBelow(random, 20 * 24 * HOUR_MS)
  let clocks: Clocks = { steadyAheadMs: 0, wallAheadMs: 0 }
  const router = new WobblyRouter(service, random, nowMs)
  // A boot, read once a connection, does not follow a sleep: nobody could tell a young router's clock after both.
  const hasSleeps = random() < 0.3

  /** People come, go and move bytes; the router may reboot or lose a counter. */
  const passTime = (ms: number, isQuiet: boolean) => {
    for (let left = ms; left > 0; ) {
      const stepMs = Math.min(left, 1 + wholeBelow(random, Math.max(4 * SECOND_MS, ms / 6)))
      nowMs += stepMs
      left -= stepMs
      router.move(stepMs)
      if (isQuiet) continue
      if (random() < 0.3) router.logIn(nowMs)
      if (random() < 0.1) router.logOut()
      if (random() < 0.02) router.reset()
      if (random() < 0.015 && left > 20 * SECOND_MS) {
        router.reboot(nowMs)
        truth.reboot()
        nowMs += 15 * SECOND_MS
        left -= 15 * SECOND_MS
        isConnected = false
      }
    }
  }
  let isConnected = false
  passTime(5 * 60 * SECOND_MS, false)
  for (let count = 0; count < READINGS; count++) {
    if (!isConnected || random() < 0.05) router.connect(nowMs, clocks)
    isConnected = true
    const sight = router.read(nowMs, clocks)
    truth.see(sight)
    books.take(sight.reading)
    if (random() < 0.2) books.take(sight.reading)
    if (random() < 0.2) books.commit()
    if (random() < 0.05) clocks = { ...clocks, wallAheadMs: (random() - 0.5) * 4 * HOUR_MS }
    const isRestart = random() < 0.1
    const isClockSet = isRestart && !hasSleeps && random() < 0.5
    const youngestMs = Math.min(...Array.from(router.open, session => nowMs - session.loginMs))
    const isAsleep = hasSleeps && !isRestart && random() < 0.1
    passTime(pause(random), isClockSet || isAsleep)
    // The daemon's machine slept for a while, which its steady clock did not notice.
    if (isAsleep)
      clocks = { ...clocks, steadyAheadMs: clocks.steadyAheadMs - wholeBelow(random, 5 * SECOND_MS) }
    if (!isRestart) continue
    books.restart()
    isConnected = false
    if (isClockSet) clocks = setClock(random, clocks, youngestMs)
  }
  books.commit()
  return { truth, books }
}

describe.each(['hotspot', 'ppp'] as const)('the measure, in %s', service => {
  it(`whatever ${HISTORIES} routers and daemons go through, what readings carried is recorded, to the byte`, () => {
    for (let seed = 1; seed <= HISTORIES; seed++) {
      const { truth, books } = live(service, seed)
      const nothing = (sums: ReadonlyMap<unknown, Bytes>) =>
        new Map([...sums].filter(([, { upload, download }]) => upload + download > 0))
      expect(nothing(books.recorded), `seed ${seed}`).toEqual(nothing(truth.carried))
      expect(books.sums.size, `seed ${seed}: sessions`).toBe(truth.shown.size)
      expect(books.committed, `seed ${seed}: shares`).toEqual(books.sums)
      expect(books.events, `seed ${seed}`).not.toContain('quarantine')
      if (service === 'hotspot') expect(books.events, `seed ${seed}`).not.toContain('baseline')
    }
  })
})
