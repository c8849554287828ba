import { bindingsBefore, movedBindings } from '../counting/bindings.ts'
import { Count } from '../counting/count.ts'
import { wentAway } from '../device.ts'
import {
  type CountedSpan,
  type Decision,
  type Entry,
  type Move,
  NO_MOVES,
  NOTHING_COUNTED,
} from '../entry.ts'
import type { SessionId } from '../ids.ts'
import { type Ledger, openSessions, type Terms } from '../ledger.ts'
import { type Room, RoomLeft } from '../limits/room.ts'
import { followed } from '../matching/followed.ts'
import { Guesses } from '../matching/guesses.ts'
import type { UniqueRow } from '../matching/match.ts'
import type { Pairing } from '../matching/pair.ts'
import type { Reading } from '../reading.ts'
import { isShownOnly, type Session, withoutCounters } from '../session.ts'
import type { Steps } from '../steps.ts'
import { Endings } from './endings.ts'
import { Reports } from './reports.ts'
import { firstMark, newSession, unreadSession } from './starts.ts'

/** The input of a turn. */
export interface TurnOptions {
  readonly ledger: Ledger
  readonly reading: Reading
  readonly pairing: Pairing
  readonly terms: Terms
  readonly newId: () => SessionId
  readonly room: Room
}

/**
 * Decides what one reading does to one ledger. The main file of `turn/`: a ledger, a reading and their pairing in; a
 * decision out.
 */
export class Turn {
  readonly #ledger: Ledger
  readonly #reading: Reading
  readonly #newId: () => SessionId
  readonly #pairing: Pairing
  readonly #room: RoomLeft
  readonly #away: Decision['away']
  /** Static bindings before this reading. */
  readonly #bindings: Ledger['bindings']
  readonly #reports: Reports
  readonly #count: Count
  readonly #guesses: Guesses
  readonly #endings: Endings
  readonly #entries: Entry[] = []
  readonly #moves: Move[] = []

  constructor({ ledger, reading, pairing, terms, newId, room }: TurnOptions) {
    const { at, boot } = reading
    this.#ledger = ledger
    this.#reading = reading
    this.#newId = newId
    this.#pairing = pairing
    this.#room = new RoomLeft(room, pairing, reading.leftOut ?? 0)
    this.#away = this.#awayAfter()
    this.#bindings = bindingsBefore(ledger.bindings, {
      ...{ kind: pairing.kind, isBackRebooted: pairing.isBackRebooted },
      ...{ before: ledger.last?.device, now: reading.device, away: this.#away },
    })
    this.#reports = new Reports({ at, boot, stalledAfterMs: terms.stalledAfterMs })
    this.#count = new Count({
      ...{ at, boot, lastMs: pairing.lastMs, bindings: this.#bindings },
      plausibleBitsPerSecond: terms.plausibleBitsPerSecond,
      report: this.#reports.of,
    })
    this.#guesses = new Guesses(pairing)
    this.#endings = new Endings({
      ...{ reading, last: ledger.last, lastMs: pairing.lastMs, count: this.#count },
      ...{ reports: this.#reports, entries: this.#entries },
    })
  }

  *decide(): Steps<Decision> {
    const { service, at, boot, numbered, device } = this.#reading
    const { growth, kind } = this.#pairing
    const isReplaced = kind === 'replaced'
    if (kind === 'rebooted') this.#reboot()
    if (isReplaced) this.#replace()
    const sessions = yield* this.#continueAll()
    this.#continueUnread()
    if (!this.#isRemoved && !isReplaced) yield* this.#lack()
    const bindings = this.#movedBindings()
    const { leftOut, unreported } = this.#room
    if (unreported) this.#reports.add('left_out', { service, ...unreported })
    const moves = this.#moves.length === 0 ? NO_MOVES : this.#moves
    return {
      ...{ service, at, boot, device, isReplaced, away: this.#away, moves },
      ...{ entries: this.#entries, events: this.#reports.events },
      ...(growth ? { growth } : {}),
      ...(leftOut > 0 ? { leftOut } : {}),
      ...(numbered ? { numbered: { by: numbered.by, sessions } } : {}),
      bindings,
    }
  }

  #movedBindings(): Ledger['bindings'] {
    const { bindings, at } = this.#reading
    const turns = { atMs: at.steadyMs, lastMs: this.#pairing.lastMs ?? at.steadyMs }
    const takes = (kept: number) => this.#room.takeBinding(kept)
    return movedBindings(this.#ledger.bindings, this.#bindings, bindings, turns, takes)
  }

  #reboot(): void {
    const { boot, service } = this.#reading
    const bootedAt = this.#count.wallAt(boot.earliestMs)
    const open = this.#isRemoved ? [] : openSessions(this.#ledger)
    for (const session of open) this.#endings.end(session, bootedAt, 'reboot')
    this.#reports.add('reboot', { service, booted_at: bootedAt.toISOString(), sessions: open.length })
  }

  /** Rule 5 (docs/accounting.md): the sessions of the previous router end with its last reading. */
  #replace(): void {
    const { last } = this.#ledger
    if (!last) return
    const { service, device } = this.#reading
    const open = this.#isRemoved ? [] : openSessions(this.#ledger)
    for (const session of open) this.#endings.end(session, last.at.wall, 'router_changed')
    const detail = { before: last.device ?? null, after: device, sessions: open.length }
    this.#reports.add('router_changed', { service, ...detail })
  }

  #awayAfter(): Decision['away'] {
    const { last } = this.#ledger
    if (!last?.device || this.#pairing.kind !== 'replaced') return last?.away ?? []
    const { at, boot, device, isFromAnotherProcess } = last
    return wentAway(last.away, { at, boot, device, isFromAnotherProcess }, this.#reading.device)
  }

  /** @returns the sessions of rows by their numbers */
  *#continueAll(): Steps<ReadonlyMap<number, Session>> {
    const sessions = new Map<number, Session>()
    for (const unique of this.#pairing.rows) {
      yield
      const session = this.#pairing.matched.get(unique)
      // A session that takes over what was counted for another needs no room.
      if (!session && !this.#guesses.inheritedBy(unique) && !this.#room.take()) continue
      const next = session ? this.#continue(session, unique) : this.#begin(unique)
      if (unique.number !== undefined) sessions.set(unique.number, next)
    }
    return sessions
  }

  /** Rules 6, 7 and 11. An entry is made only if something differs from the ledger. */
  #continue(session: Session, unique: UniqueRow): Session {
    const { row } = unique
    let next = this.#inherit(this.#guesses.corrected(session), unique)
    if (next.missed) next = { ...next, missed: undefined }
    next = followed(next, row, this.#count, this.#reading.boot)
    let counted: readonly CountedSpan[]
    ;({ session: next, counted } = this.#count.first(next))
    if (row.counters) {
      const since = this.#count.of(next, row, row.counters)
      next = since.session
      counted = counted.length === 0 ? since.counted : [...counted, ...since.counted]
    } else next = withoutCounters(next, this.#pairing.lastMs)
    next = this.#reports.row(next, unique)
    if (next !== session || this.#isRewritten) this.#entries.push({ kind: 'interim', session: next, counted })
    return next
  }

  /** Rules 5, 8 and 9. */
  #begin(unique: UniqueRow): Session {
    const { service, at } = this.#reading
    const { row } = unique
    const startMs = this.#count.loginTime(row.uptimeSeconds).getTime()
    const mark = firstMark(unique, this.#pairing)
    const start = { id: this.#newId(), service, startMs, atMs: at.steadyMs, mark }
    let next = this.#inherit(newSession(row, start), unique)
    let counted: readonly CountedSpan[] = NOTHING_COUNTED
    if (row.counters && !isShownOnly(next))
      ({ session: next, counted } = this.#count.of(next, row, row.counters))
    next = this.#reports.row(next, unique)
    this.#entries.push({ kind: 'start', session: next, counted })
    return next
  }

  /** Takes over what was counted for a session that only seemed to be on this one's interface. */
  #inherit(session: Session, unique: UniqueRow): Session {
    const wrong = this.#guesses.inheritedBy(unique)
    if (!wrong) return session
    this.#moves.push({ from: wrong.id, to: session.id })
    const { id, username, recorded, mark } = wrong
    this.#reports.of('moved', session, { from: username, from_session_id: id, ...recorded })
    return { ...session, mark, recorded }
  }

  /** Skips rows without a readable uptime: their sessions stay open with their numbers unchanged. */
  #continueUnread(): void {
    const { at, boot, service } = this.#reading
    for (const { row, session } of this.#pairing.unread) {
      if (session) {
        const present = session.missed ? { ...session, missed: undefined } : session
        this.#keep(session, this.#reports.unread(present, row))
        continue
      }
      if (!this.#room.take()) continue
      const start = { id: this.#newId(), service, startMs: at.wall.getTime(), atMs: at.steadyMs }
      const login = { earliestMs: boot.earliestMs, latestMs: at.steadyMs }
      const fresh = this.#reports.unread(unreadSession(row, { ...start, login }), row)
      this.#entries.push({ kind: 'start', session: fresh, counted: NOTHING_COUNTED })
    }
  }

  /** Keeps a session that is or may be there, although this reading has no counters of it. */
  #keep(session: Session, kept: Session): void {
    const next = this.#reports.idle(withoutCounters(kept, this.#pairing.lastMs))
    // The columns hold only rows that were read.
    if (next !== session || this.#isRewritten || !this.#ledger.unnumbered.has(session.id))
      this.#entries.push({ kind: 'interim', session: next, counted: NOTHING_COUNTED })
  }

  /** Rule 3: a session that a reading lacks leaves the live counts, and ends with the second such reading. */
  *#lack(): Steps<void> {
    const { waiting, isUncertain, matched, rows } = this.#pairing
    if (waiting.size === 0) return
    const back = new Set(Array.from(matched, ([{ key }, { missed }]) => (missed ? key : undefined)))
    const bindings = new Set(rows.map(({ row }) => row.binding))
    for (const [key, sessions] of waiting)
      for (const waited of sessions) {
        yield
        const session = this.#guesses.corrected(waited)
        if (isUncertain) this.#keep(waited, session)
        else
          this.#endings.lack(session, {
            isOtherBack: back.has(key),
            isPassedOn: session.binding !== undefined && bindings.has(session.binding),
          })
      }
  }

  /** Whether the router had been removed from the config: its sessions ended, and continue if they are found. */
  get #isRemoved(): boolean {
    return this.#ledger.last?.isRemoved === true
  }

  /** Whether sessions changed in ways that the journal and the store do not know, so that each needs an entry. */
  get #isRewritten(): boolean {
    const { kind } = this.#pairing
    return kind === 'shifted' || kind === 'replaced' || this.#isRemoved
  }
}
