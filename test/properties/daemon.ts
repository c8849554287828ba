import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import { Calendar } from '../../src/accounting/calendar.ts'
import type { Counted, Decision } from '../../src/accounting/entry.ts'
import { routerId, routerKey, type SessionId, sessionId, tenantId } from '../../src/accounting/ids.ts'
import { inherited } from '../../src/accounting/ledger.ts'
import type { Pending } from '../../src/accounting/pending.ts'
import { type Reading, SERVICES } from '../../src/accounting/reading.ts'
import type { Session } from '../../src/accounting/session.ts'
import { RouterBook, type Spreading } from '../../src/router-book.ts'
import type { CommitOutcome } from '../../src/store/commit-outcome.ts'
import { TERMS } from '../accounting/readings.ts'
import type { Event, History } from './history.ts'
import { Tables } from './tables.ts'
import { Tape } from './tape.ts'

type Fate = Extract<Event, { kind: 'poll' }>['fate']
type Answer = Extract<Event, { kind: 'commit' }>['answer']

/** What the daemon asked of the database, in its order. */
export type Request =
  | { readonly kind: 'lease' }
  | { readonly kind: 'commit'; readonly pending: Pending; readonly outcome: CommitOutcome['kind'] }

/** What a decision counted for one session. */
export interface CountedOf {
  readonly session: Session
  readonly counted: Counted
}

const TENANT = tenantId('acme')
const ROUTER = routerId('hq')
const ABOUT = { tenant: TENANT, router: ROUTER, name: undefined, terms: TERMS }
const KEY = routerKey(TENANT, ROUTER)

/** The daemon's processes, one after the other, with a journal and a database that always work. */
export class Daemon {
  readonly tables = new Tables()
  readonly counted: CountedOf[] = []
  readonly requests: Request[] = []
  readonly #tape = new Tape(KEY)
  readonly #spreading: Spreading
  #epoch = 1
  #book: RouterBook
  #sessions = 0

  constructor({ bucketMs, timezone }: Pick<History, 'bucketMs' | 'timezone'>) {
    this.#spreading = { bucketMs, calendar: calendarOf(timezone) }
    this.#book = new RouterBook(ABOUT, this.tables.stored, this.tables.rollup, this.#epoch)
  }

  get book(): RouterBook {
    return this.#book
  }

  /** @returns whether the reading happened: one that was not journaled when the process was killed did not */
  read(reading: Reading, fate: Fate): boolean {
    const decision = this.#decide(reading)
    switch (fate) {
      case 'killed before':
        this.restart(true)
        return false
      case 'killed once journaled':
        this.#journal(decision)
        this.#adopt(decision)
        this.restart(true)
        return true
      case 'taken twice':
      case 'recorded':
        this.#journal(decision)
        this.#adopt(decision)
        this.#readAgain(reading, fate === 'taken twice')
        return true
      default:
        return fate satisfies never
    }
  }

  commit(answer: Answer): void {
    const { epoch } = this.#book
    const pending = this.#book.offer()
    if (!pending || answer === 'none') return
    const { kind } = this.tables.commit(epoch, pending)
    this.requests.push({ kind: 'commit', pending, outcome: kind })
    expect(['committed', 'already'], 'what a commit of ours comes to').toContain(kind)
    if (answer === 'lost') return
    this.#tape.committed({ epoch, position: pending.position })
    this.#book.confirm()
  }

  checkpoint(isOldKept: boolean): void {
    this.#tape.checkpoint(this.#epoch, this.#book.pending(), isOldKept)
  }

  /** The process is killed, and the next one is where it was. */
  restart(isOldKept: boolean): void {
    const died = this.#book
    const { stored, rollup } = this.tables
    const book = new RouterBook(ABOUT, stored, rollup, ++this.#epoch)
    const place = { epoch: stored.committedEpoch, position: stored.position }
    book.inherit(this.#tape.inherit(place), this.#spreading)
    this.#book = book
    this.requests.push({ kind: 'lease' })
    expect(book.position, 'the position after a restart').toBe(died.position)
    expect(book.rollup.total, 'the total after a restart').toEqual(died.rollup.total)
    for (const service of SERVICES) {
      const before = inherited(died.ledger(service))
      if (!isDeepStrictEqual(book.ledger(service), before))
        expect(book.ledger(service), 'the ledger after a restart').toEqual(before)
    }
    this.checkpoint(isOldKept)
  }

  /** All that waits is committed, and the last answer comes. */
  finish(): void {
    while (this.#book.hasPending) this.commit('told')
    this.checkpoint(false)
  }

  #decide(reading: Reading): Decision {
    return this.#book.decide(reading, () => this.#newId())
  }

  #journal(decision: Decision): void {
    const position = this.#book.position + 1
    this.#tape.append({ kind: 'decision', router: KEY, epoch: this.#epoch, position, decision })
  }

  #adopt(decision: Decision): void {
    for (const entry of decision.entries)
      if (entry.kind !== 'stop' && entry.counted)
        this.counted.push({ session: entry.session, counted: entry.counted })
    this.#book.adopt(decision, this.#spreading)
  }

  /** A reading taken twice changes nothing. */
  #readAgain(reading: Reading, isAdopted: boolean): void {
    const { entries, events, bindings, ...its } = this.#decide(reading)
    if (entries.length + events.length + bindings.size > 0)
      expect({ entries, events, bindings: [...bindings] }, 'a reading taken twice').toEqual({
        ...{ entries: [], events: [], bindings: [] },
      })
    if (!isAdopted) return
    const decision = { entries, events, bindings, ...its }
    this.#journal(decision)
    this.#adopt(decision)
  }

  #newId(): SessionId {
    const number = (++this.#sessions).toString(16).padStart(12, '0')
    return sessionId(`00000000-0000-7000-8000-${number}`)
  }
}

const calendars = new Map<string, Calendar>()

/** One of a zone for all histories, as the daemon has one of a tenant for all of its life. */
function calendarOf(timezone: string): Calendar {
  const calendar = calendars.get(timezone) ?? new Calendar(timezone)
  calendars.set(timezone, calendar)
  return calendar
}
