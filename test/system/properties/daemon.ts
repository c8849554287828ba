import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import { Calendar } from '../../../src/accounting/calendar.ts'
import type { CountedSpan, Decision } from '../../../src/accounting/entry.ts'
import { routerId, routerKey, type SessionId, sessionId, tenantId } from '../../../src/accounting/ids.ts'
import { type Ledger, ofEarlierProcess, openSessions } from '../../../src/accounting/ledger.ts'
import { type Reading, rowsOf } from '../../../src/accounting/reading.ts'
import type { Session } from '../../../src/accounting/session.ts'
import type { Spreading } from '../../../src/accounting/spread.ts'
import { inOneGo } from '../../../src/accounting/steps.ts'
import type { Pending } from '../../../src/accounting/waiting/pending.ts'
import type { CommitOutcome } from '../../../src/recording/ports.ts'
import { RouterBook } from '../../../src/recording/router-book.ts'
import { TERMS } from '../../accounting/readings.ts'
import { SERVICES, type SimulatedService, simulated } from '../../harness/services.ts'
import { growthAsEntries } from './growth-as-entries.ts'
import type { Event, History } from './history.ts'
import { Numbering } from './numbering.ts'
import { Tables } from './tables.ts'
import { Tape } from './tape.ts'

type Fate = Extract<Event, { kind: 'poll' }>['fate']
type Answer = Extract<Event, { kind: 'commit' }>['answer']

/** A request from the daemon to the database. */
export type Request =
  | { readonly kind: 'lease' }
  | { readonly kind: 'commit'; readonly pending: Pending; readonly outcome: CommitOutcome['kind'] }

/** What a decision counted for one session. */
export interface CountedOf {
  readonly session: Session
  readonly counted: CountedSpan
}

const TENANT = tenantId('acme')
const ROUTER = routerId('hq')
const ABOUT = {
  tenant: TENANT,
  router: ROUTER,
  name: undefined,
  terms: TERMS,
  limits: { maxSessions: 1e6, newSessionsPerHour: 4e6 },
}
const KEY = routerKey(TENANT, ROUTER)

/** The daemon's processes, one after another, with a journal and a database that always work. */
export class Daemon {
  readonly tables = new Tables()
  readonly counted: CountedOf[] = []
  readonly requests: Request[] = []
  readonly #tape = new Tape(KEY)
  readonly #spreading: Spreading
  #numberings: Readonly<Record<SimulatedService, Numbering>> | undefined
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

  /** @returns whether the reading counts: it does not if the process was killed before it was journaled */
  read(plain: Reading, fate: Fate): boolean {
    const reading = this.#numberings?.[simulated(plain.service)].number(plain) ?? plain
    const decision = this.#decide(reading)
    expectSameByRows(this.#book, reading, decision, this.#sessions)
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

  /** Starts a connection, which numbers rows from the beginning, or not at all. */
  connect(hasNumbers: boolean): void {
    this.#numberings = hasNumbers ? { hotspot: new Numbering(), ppp: new Numbering() } : undefined
  }

  commit(answer: Answer): void {
    const { epoch } = this.#book
    const pending = this.#book.offer()
    if (!pending || answer === 'none') return
    const { kind } = this.tables.commit(epoch, pending)
    this.requests.push({ kind: 'commit', pending, outcome: kind })
    expect(['committed', 'already'], 'the outcome of a commit').toContain(kind)
    if (answer === 'lost') return
    this.#tape.committed({ epoch, position: pending.position })
    this.#book.confirm()
  }

  checkpoint(isOldKept: boolean): void {
    this.#tape.checkpoint(this.#epoch, this.#book.pending(), isOldKept)
  }

  /** Kills the process and starts the next one, which must stand where the killed one stood. */
  restart(isOldKept: boolean): void {
    const died = this.#book
    const { stored, rollup } = this.tables
    const book = new RouterBook(ABOUT, stored, rollup, ++this.#epoch)
    const place = { epoch: stored.committedEpoch, position: stored.position }
    book.recover(this.#tape.recover(place), this.#spreading)
    this.#book = book
    this.requests.push({ kind: 'lease' })
    expect(book.position, 'the position after a restart').toBe(died.position)
    expect(book.rollup.total, 'the total after a restart').toEqual(died.rollup.total)
    for (const service of SERVICES) {
      const before = unnumbered(ofEarlierProcess(died.ledger(service)))
      const after = unnumbered(book.ledger(service))
      if (!isDeepStrictEqual(after, before)) expect(after, 'the ledger after a restart').toEqual(before)
    }
    this.checkpoint(isOldKept)
  }

  /** Commits all that is pending, and receives every answer. */
  finish(): void {
    while (this.#book.hasPending) this.commit('received')
    this.checkpoint(false)
  }

  #decide(reading: Reading): Decision {
    return inOneGo(this.#book.decide(reading, () => this.#newId()))
  }

  #journal(decision: Decision): void {
    const position = this.#book.position + 1
    this.#tape.append({ kind: 'decision', router: KEY, epoch: this.#epoch, position, decision })
  }

  #adopt(decision: Decision): void {
    for (const entry of growthAsEntries(decision).entries)
      if (entry.kind !== 'stop')
        for (const counted of entry.counted) this.counted.push({ session: entry.session, counted })
    this.#book.adopt(decision, this.#spreading)
  }

  /** Expects that the same reading, taken again, changes nothing. */
  #readAgain(reading: Reading, isAdopted: boolean): void {
    const decision = this.#decide(reading)
    const { entries, events, bindings } = growthAsEntries(decision)
    if (entries.length + events.length + bindings.size > 0)
      expect({ entries, events, bindings: [...bindings] }, 'a reading taken twice').toEqual({
        ...{ entries: [], events: [], bindings: [] },
      })
    if (!isAdopted) return
    this.#journal(decision)
    this.#adopt(decision)
  }

  #newId(): SessionId {
    return idOf(++this.#sessions)
  }
}

function idOf(number: number): SessionId {
  return sessionId(`00000000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`)
}

/** Expects that known rows, decided in columns, mean what the rules say of them row by row. */
function expectSameByRows(book: RouterBook, reading: Reading, decision: Decision, sessions: number): void {
  if (!reading.numbered) return
  const { numbered: _, ...plain } = reading
  const begun = decision.entries.filter(({ kind }) => kind === 'start').length
  let id = sessions - begun
  const rows = Array.from(rowsOf(reading), ([row]) => row)
  const byRows = comparable(inOneGo(book.decide({ ...plain, sessions: rows }, () => idOf(++id))))
  const inColumns = comparable(decision)
  if (!isDeepStrictEqual(inColumns, byRows)) expect(inColumns, 'decided in columns').toEqual(byRows)
}

function comparable(decision: Decision) {
  const { numbered: _, entries, events, ...rest } = growthAsEntries(decision)
  const sorted = [...entries].sort((a, b) => (a.session.id < b.session.id ? -1 : 1))
  return { ...rest, entries: sorted, events: events.map(it => JSON.stringify(it)).sort() }
}

/** A ledger without its rows' numbers, which belong to a connection and mean nothing to another process. */
function unnumbered(ledger: Ledger): Ledger {
  const sessions = [...openSessions(ledger)].sort((a, b) => (a.id < b.id ? -1 : 1))
  return { ...ledger, columns: undefined, unnumbered: new Map(sessions.map(it => [it.id, it])) }
}

const calendars = new Map<string, Calendar>()

/** The calendar of a zone, shared by all histories as the daemon shares a tenant's. */
function calendarOf(timezone: string): Calendar {
  const calendar = calendars.get(timezone) ?? new Calendar(timezone)
  calendars.set(timezone, calendar)
  return calendar
}
