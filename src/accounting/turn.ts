import { bindingsBefore, movedBindings } from './counting/bindings.ts'
import { Count } from './counting/count.ts'
import { wentAway } from './device.ts'
import { type Counted, type Decision, type Entry, type Move, NO_MOVES, NOTHING_COUNTED } from './entry.ts'
import type { SessionId } from './ids.ts'
import { type Ledger, openSessions, type Terms } from './ledger.ts'
import { type Room, RoomLeft } from './limits/room.ts'
import { followed } from './matching/followed.ts'
import { Guesses } from './matching/guesses.ts'
import type { Taken } from './matching/match.ts'
import type { Paired } from './matching/pair.ts'
import type { Reading } from './reading.ts'
import { isShownOnly, type Session, withoutCounters } from './session.ts'
import type { Steps } from './steps.ts'
import { Endings } from './turn/endings.ts'
import { Reports } from './turn/reports.ts'
import { begun, firstMark, unreadSession } from './turn/starts.ts'

/** What a turn is about. */
export interface Held {
  readonly ledger: Ledger
  readonly reading: Reading
  readonly paired: Paired
  readonly terms: Terms
  readonly newId: () => SessionId
  readonly room: Room
}

/** One reading held against one ledger. */
export class Turn {
  readonly #ledger: Ledger
  readonly #reading: Reading
  readonly #newId: () => SessionId
  readonly #paired: Paired
  readonly #room: RoomLeft
  /** Static bindings before this reading. */
  readonly #bindings: Ledger['bindings']
  readonly #reports: Reports
  readonly #count: Count
  readonly #guesses: Guesses
  readonly #endings: Endings
  readonly #entries: Entry[] = []
  readonly #moves: Move[] = []

  constructor({ ledger, reading, paired, terms, newId, room }: Held) {
    const { at, boot } = reading
    this.#ledger = ledger
    this.#reading = reading
    this.#newId = newId
    this.#paired = paired
    this.#room = new RoomLeft(room, paired, reading.leftOut ?? 0)
    this.#bindings = bindingsBefore(ledger.bindings, {
      ...{ kind: paired.kind, isBackRebooted: paired.isBackRebooted },
      ...{ before: ledger.last?.device, now: reading.device, away: this.#away() },
    })
    this.#reports = new Reports({ at, boot, stalledAfterMs: terms.stalledAfterMs })
    this.#count = new Count({
      ...{ at, boot, lastMs: paired.lastMs, bindings: this.#bindings },
      plausibleBitsPerSecond: terms.plausibleBitsPerSecond,
      report: this.#reports.of,
    })
    this.#guesses = new Guesses(paired)
    this.#endings = new Endings({
      ...{ reading, last: ledger.last, lastMs: paired.lastMs, count: this.#count },
      ...{ reports: this.#reports, entries: this.#entries },
    })
  }

  *decide(): Steps<Decision> {
    const { service, at, boot, numbered, device } = this.#reading
    const { growth, kind } = this.#paired
    const isReplaced = kind === 'replaced'
    if (kind === 'rebooted') this.#reboot()
    if (isReplaced) this.#replace()
    const sessions = yield* this.#goOn()
    this.#goOnUnread()
    if (!this.#hasLeft && !isReplaced) yield* this.#leave()
    const bindings = this.#movedBindings()
    const { leftOut, untold } = this.#room
    if (untold) this.#reports.tell('left_out', { service, ...untold })
    const moves = this.#moves.length === 0 ? NO_MOVES : this.#moves
    return {
      ...{ service, at, boot, device, isReplaced, away: this.#away(), moves },
      ...{ entries: this.#entries, events: this.#reports.events },
      ...(growth ? { growth } : {}),
      ...(leftOut > 0 ? { leftOut } : {}),
      ...(numbered ? { numbered: { by: numbered.by, sessions } } : {}),
      bindings,
    }
  }

  #movedBindings(): Ledger['bindings'] {
    const { bindings, at } = this.#reading
    const turns = { atMs: at.steadyMs, lastMs: this.#paired.lastMs ?? at.steadyMs }
    const takes = (kept: number) => this.#room.takeBinding(kept)
    return movedBindings(this.#ledger.bindings, this.#bindings, bindings, turns, takes)
  }

  #reboot(): void {
    const { boot, service } = this.#reading
    const bootedAt = this.#count.wallAt(boot.earliestMs)
    const open = this.#hasLeft ? [] : openSessions(this.#ledger)
    for (const session of open) this.#endings.end(session, bootedAt, 'reboot')
    this.#reports.tell('reboot', { service, booted_at: bootedAt.toISOString(), sessions: open.length })
  }

  /** Rule 5 (docs/accounting.md): the sessions of the previous router end with its last reading. */
  #replace(): void {
    const { last } = this.#ledger
    if (!last) return
    const { service, device } = this.#reading
    const open = this.#hasLeft ? [] : openSessions(this.#ledger)
    for (const session of open) this.#endings.end(session, last.at.wall, 'router_changed')
    const detail = { before: last.device ?? null, after: device, sessions: open.length }
    this.#reports.tell('router_changed', { service, ...detail })
  }

  #away(): Decision['away'] {
    const { last } = this.#ledger
    if (!last?.device || this.#paired.kind !== 'replaced') return last?.away ?? []
    const { at, boot, device, isFromAnotherProcess } = last
    return wentAway(last.away, { at, boot, device, isFromAnotherProcess }, this.#reading.device)
  }

  /** @returns the sessions of rows by their numbers */
  *#goOn(): Steps<ReadonlyMap<number, Session>> {
    const sessions = new Map<number, Session>()
    for (const taken of this.#paired.rows) {
      yield
      const session = this.#paired.matched.get(taken)
      // One that takes over what was counted for another is known.
      if (!session && !this.#guesses.inheritedBy(taken) && !this.#room.take()) continue
      const next = session ? this.#continue(session, taken) : this.#begin(taken)
      if (taken.it.number !== undefined) sessions.set(taken.it.number, next)
    }
    return sessions
  }

  /** Rules 6, 7 and 11. An entry is made only where something is different from what the ledger has. */
  #continue(session: Session, taken: Taken): Session {
    const { row } = taken.it
    let next = this.#inherit(this.#guesses.corrected(session), taken)
    if (next.missed) next = { ...next, missed: undefined }
    next = followed(next, row, this.#count, this.#reading.boot)
    let counted: readonly Counted[]
    ;({ session: next, counted } = this.#count.first(next))
    if (row.counters) {
      const since = this.#count.of(next, row, row.counters)
      next = since.session
      counted = counted.length === 0 ? since.counted : [...counted, ...since.counted]
    } else next = withoutCounters(next, this.#paired.lastMs)
    next = this.#reports.row(next, row, isTwice(taken))
    if (next !== session || this.#isRetold) this.#entries.push({ kind: 'interim', session: next, counted })
    return next
  }

  /** Rules 5, 8 and 9. */
  #begin(taken: Taken): Session {
    const { service, at } = this.#reading
    const { row } = taken.it
    const startMs = this.#count.loginTime(row.uptimeSeconds).getTime()
    const its = {
      id: this.#newId(),
      service,
      startMs,
      atMs: at.steadyMs,
      mark: firstMark(taken.it, this.#paired),
    }
    let next = this.#inherit(begun(row, its), taken)
    let counted: readonly Counted[] = NOTHING_COUNTED
    if (row.counters && !isShownOnly(next))
      ({ session: next, counted } = this.#count.of(next, row, row.counters))
    next = this.#reports.row(next, row, isTwice(taken))
    this.#entries.push({ kind: 'start', session: next, counted })
    return next
  }

  /** Takes over what was counted for a session that only seemed to be on this one's interface. */
  #inherit(session: Session, taken: Taken): Session {
    const wrong = this.#guesses.inheritedBy(taken)
    if (!wrong) return session
    this.#moves.push({ from: wrong.id, to: session.id })
    const { id, username, recorded, mark } = wrong
    this.#reports.of('moved', session, { from: username, from_session_id: id, ...recorded })
    return { ...session, mark, recorded }
  }

  /** Skips rows without a readable uptime: their sessions stay open with their numbers unchanged. */
  #goOnUnread(): void {
    const { at, boot, service } = this.#reading
    for (const { row, session } of this.#paired.unread) {
      if (session) {
        const present = session.missed ? { ...session, missed: undefined } : session
        this.#keep(session, this.#reports.unread(present, row))
        continue
      }
      if (!this.#room.take()) continue
      const its = { id: this.#newId(), service, startMs: at.wall.getTime(), atMs: at.steadyMs }
      const login = { earliestMs: boot.earliestMs, latestMs: at.steadyMs }
      const fresh = this.#reports.unread(unreadSession(row, { ...its, login }), row)
      this.#entries.push({ kind: 'start', session: fresh, counted: NOTHING_COUNTED })
    }
  }

  /** Keeps a session that is there, or may be there, though this reading has no counters of it. */
  #keep(session: Session, kept: Session): void {
    const next = this.#reports.idle(withoutCounters(kept, this.#paired.lastMs))
    // The columns hold only rows that were read.
    if (next !== session || this.#isRetold || !this.#ledger.unnumbered.has(session.id))
      this.#entries.push({ kind: 'interim', session: next, counted: NOTHING_COUNTED })
  }

  /** Rule 3: a session that a reading lacks leaves the live counts, and ends with the second such reading. */
  *#leave(): Steps<void> {
    const { waiting, isUncertain, matched, rows } = this.#paired
    if (waiting.size === 0) return
    const back = new Set(Array.from(matched, ([{ it }, { missed }]) => (missed ? it.key : undefined)))
    const bindings = new Set(rows.map(({ it }) => it.row.binding))
    for (const [key, sessions] of waiting)
      for (const waited of sessions) {
        yield
        const session = this.#guesses.corrected(waited)
        if (isUncertain) this.#keep(waited, session)
        else
          this.#endings.leave(session, {
            isOtherBack: back.has(key),
            isPassedOn: session.binding !== undefined && bindings.has(session.binding),
          })
      }
  }

  /** Whether the router is back in the config: its sessions have ended, and go on where they are found. */
  get #hasLeft(): boolean {
    return this.#ledger.last?.hasLeft === true
  }

  /** Whether sessions that go on changed in ways that the journal and the store do not know yet. */
  get #isRetold(): boolean {
    const { kind } = this.#paired
    return kind === 'shifted' || kind === 'replaced' || this.#hasLeft
  }
}

function isTwice({ it: { row }, isDuplicate }: Taken): boolean {
  return isDuplicate || row.joined?.isTwice === true
}
