import { addBytes, type Bytes, isNothing, NO_BYTES } from './bytes.ts'
import { countFrom, hasMoved, isPlausible } from './counter.ts'
import type { Counted, Decision, EndReason, Entry, LedgerEvent } from './entry.ts'
import type { SessionId } from './ids.ts'
import { type Ledger, openSessions } from './ledger.ts'
import { takeMatch } from './match.ts'
import { type Reading, rowsOf, type SessionReading } from './reading.ts'
import { rejoin } from './rejoin.ts'
import { identityKey, isCountedUpTo, type Session } from './session.ts'
import type { Terms } from './terms.ts'
import { gapMs, notBeforeRouters, toleranceMs, withinReason } from './window.ts'

/**
 * What a reading means: rules 1 to 13 of the accounting. Changes nothing; `adopt` moves the ledger on.
 * @param newId makes the id of a session that begins
 */
export function decide(ledger: Ledger, reading: Reading, terms: Terms, newId: () => SessionId): Decision {
  return new Turn(ledger, { ...reading, boot: withinReason(reading.boot) }, terms, newId).decide()
}

const NO_BINDINGS: ReadonlyMap<string, Bytes> = new Map()

/** One reading held against one ledger. */
class Turn {
  readonly #ledger: Ledger
  readonly #reading: Reading
  readonly #terms: Terms
  readonly #newId: () => SessionId
  readonly #entries: Entry[] = []
  readonly #events: LedgerEvent[] = []
  #bindings: ReadonlyMap<string, Bytes>
  /** When the last reading was, by this process's steady clock. */
  #lastMs: number | undefined
  #isRetold = false

  constructor(ledger: Ledger, reading: Reading, terms: Terms, newId: () => SessionId) {
    this.#ledger = ledger
    this.#reading = reading
    this.#terms = terms
    this.#newId = newId
    this.#bindings = ledger.bindings
    this.#lastMs = ledger.last?.at.steadyMs
  }

  decide(): Decision {
    const { service, at, boot, numbered } = this.#reading
    const { growth, places, waiting, lastMs, kind } = rejoin(this.#ledger, this.#reading, this.#terms)
    this.#lastMs = lastMs
    this.#isRetold = kind === 'shifted' || this.#hasLeft
    if (kind === 'rebooted') this.#reboot()
    const sessions = new Map<number, Session>()
    for (const [it, number] of rowsOf(this.#reading, places)) {
      const login = withinReason(it.login)
      const row = login === it.login ? it : { ...it, login }
      const isNew = this.#isNew(row)
      const session = takeMatch(waiting, service, row, isNew, this.#elapsedMs)
      const next = session ? this.#continue(session, row) : this.#begin(row, isNew)
      if (number !== undefined) sessions.set(number, next)
    }
    for (const sessions of this.#hasLeft ? [] : waiting.values())
      for (const session of sessions) this.#end(session, this.#leftAt(session), 'logout')
    return {
      ...{ service, at, boot, entries: this.#entries, events: this.#events },
      ...(growth ? { growth } : {}),
      ...(numbered ? { numbered: { by: numbered.by, sessions } } : {}),
      bindings: this.#movedBindings(),
    }
  }

  #reboot(): void {
    const { at, boot, service } = this.#reading
    const bootedAt = this.#wallAt(boot.earliestMs)
    const open = this.#hasLeft ? [] : openSessions(this.#ledger)
    for (const session of open) this.#end(session, bootedAt, 'reboot')
    // Every counter began again at 0.
    this.#bindings = new Map(Array.from(this.#ledger.bindings.keys(), name => [name, NO_BYTES]))
    const detail = { service, booted_at: bootedAt.toISOString(), sessions: this.#entries.length }
    this.#events.push({ kind: 'reboot', at: at.wall, detail })
  }

  /** Rules 6, 7 and 11. An entry is made only where something is different from what the ledger has. */
  #continue(session: Session, row: SessionReading): Session {
    let next = session
    // The two windows no longer touch: follow the drift.
    if (gapMs(session.login, row.login) > 0) next = { ...next, login: row.login }
    if (row.ipAddress !== session.ipAddress) next = { ...next, ipAddress: row.ipAddress }
    if (row.binding !== undefined && row.binding !== session.binding) next = { ...next, binding: row.binding }
    let counted: Counted | undefined
    if (row.counters) ({ next, counted } = this.#count(next, row, row.counters))
    else if (next.mark.kind === 'counted' && next.mark.sinceMs === undefined)
      next = { ...next, mark: { ...next.mark, sinceMs: this.#lastMs } }
    if (this.#hasStalled(next)) {
      const idleSeconds = Math.round((this.#reading.at.steadyMs - next.lastMovedMs) / 1000)
      this.#report('stall', next, { idle_seconds: idleSeconds })
      next = { ...next, isStallReported: true }
    }
    if (next !== session || this.#isRetold) this.#entries.push({ kind: 'interim', session: next, counted })
    return next
  }

  #isNew({ login }: SessionReading): boolean {
    return this.#lastMs === undefined || login.latestMs >= this.#lastMs - toleranceMs(this.#elapsedMs)
  }

  /** Whether the router is back in the config: its sessions have ended, and go on where they are found. */
  get #hasLeft(): boolean {
    return this.#ledger.last?.hasLeft === true
  }

  /** Rules 5, 8 and 9. */
  #begin(row: SessionReading, isNew: boolean): Session {
    const { service, at } = this.#reading
    // Field by field: put together from parts, it would take three times the room, and more than all else of a start.
    const fresh: Session = {
      id: this.#newId(),
      service,
      protocol: row.protocol,
      username: row.username,
      server: row.server,
      macAddress: row.macAddress,
      ipAddress: row.ipAddress,
      routerSessionId: row.routerSessionId,
      callerId: row.callerId,
      binding: row.binding,
      startMs: this.#loginTime(row).getTime(),
      login: row.login,
      mark: { kind: 'owed', from: isNew ? 'login' : 'baseline' },
      recorded: NO_BYTES,
      lastMovedMs: at.steadyMs,
      isStallReported: false,
    }
    const { next, counted } = row.counters
      ? this.#count(fresh, row, row.counters)
      : { next: fresh, counted: undefined }
    this.#entries.push({ kind: 'start', session: next, counted })
    return next
  }

  /** Some time before the reading that missed it; a router that is listened to tells when. */
  #leftAt(session: Session): Date {
    const { at, service, departures } = this.#reading
    const told = departures?.get(identityKey(service, session))
    return told && told < at.wall ? told : at.wall
  }

  /** @param at when it was missed, which a clock set back can make earlier than when it was last seen */
  #end(session: Session, at: Date, reason: EndReason): void {
    const lastSeenAt = this.#ledger.last?.at.wall ?? new Date(session.startMs)
    const endTime = at < lastSeenAt ? lastSeenAt : at
    this.#entries.push({ kind: 'stop', session, lastSeenAt, endTime, reason })
  }

  #count(
    session: Session,
    row: SessionReading,
    counters: Bytes,
  ): { next: Session; counted: Counted | undefined } {
    if (isCountedUpTo(session, counters)) return { next: session, counted: undefined }
    const { at } = this.#reading
    const from = this.#countedUntil(session, row)
    const delta = this.#plausible(session, counters, from, this.#delta(session, counters))
    const mark = { kind: 'counted', counters, sinceMs: undefined } as const
    const lastMovedMs = hasMoved(session.mark, counters) ? at.steadyMs : session.lastMovedMs
    const next = { ...session, mark, recorded: addBytes(session.recorded, delta), lastMovedMs }
    return { next, counted: isNothing(delta) ? undefined : { delta, from, to: at.wall } }
  }

  /** What the counters add, with resets and baselines reported. */
  #delta(session: Session, counters: Bytes): Bytes {
    const onBinding = session.binding === undefined ? 'none' : this.#bindings.get(session.binding)
    const count = countFrom(session.mark, counters, onBinding)
    switch (count.kind) {
      case 'delta':
        return count.delta
      case 'reset':
        this.#report('reset', session, { before: count.before, after: counters })
        return count.delta
      case 'baseline':
        this.#report('baseline', session, { counters })
        return NO_BYTES
      default:
        return count satisfies never
    }
  }

  /** Rule 12: a delta that no link can have carried is set aside, and counting goes on from where the counters are. */
  #plausible(session: Session, counters: Bytes, from: Date, delta: Bytes): Bytes {
    const { plausibleBitsPerSecond } = this.#terms
    const elapsedMs = this.#reading.at.wall.getTime() - from.getTime()
    if (isPlausible(delta, elapsedMs, plausibleBitsPerSecond)) return delta
    this.#report('quarantine', session, {
      reason: `more than ${plausibleBitsPerSecond} bit/s since ${from.toISOString()}`,
      before: session.mark.kind === 'counted' ? session.mark.counters : null,
      after: counters,
      ...delta,
    })
    return NO_BYTES
  }

  /** Where the next delta's span begins (rule 15): measured on the steady clock, told on the wall's. */
  #countedUntil(session: Session, row: SessionReading): Date {
    switch (session.mark.kind) {
      case 'owed':
        return this.#loginTime(row)
      case 'counted':
        return this.#wallAt(session.mark.sinceMs ?? this.#lastMs ?? this.#reading.at.steadyMs)
      default:
        return session.mark satisfies never
    }
  }

  /** By the wall clock of this reading, whatever it said at an earlier one. */
  #loginTime(row: SessionReading): Date {
    return new Date(notBeforeRouters(this.#reading.at.wall.getTime() - row.uptimeSeconds * 1000))
  }

  get #elapsedMs(): number {
    const { steadyMs } = this.#reading.at
    return steadyMs - (this.#lastMs ?? steadyMs)
  }

  #wallAt(steadyMs: number): Date {
    return new Date(this.#reading.at.wall.getTime() - (this.#reading.at.steadyMs - steadyMs))
  }

  /** Rule 13. */
  #hasStalled(session: Session): boolean {
    if (session.isStallReported || session.mark.kind !== 'counted' || session.mark.sinceMs !== undefined)
      return false
    return this.#reading.at.steadyMs - session.lastMovedMs >= this.#terms.stalledAfterMs
  }

  #movedBindings(): ReadonlyMap<string, Bytes> {
    const { bindings } = this.#reading
    if (bindings.length === 0 && this.#bindings === this.#ledger.bindings) return NO_BINDINGS
    const moved = new Map(this.#bindings === this.#ledger.bindings ? [] : this.#bindings)
    for (const { name, counters } of bindings) {
      const before = this.#bindings.get(name)
      if (before?.upload !== counters.upload || before.download !== counters.download)
        moved.set(name, counters)
    }
    return moved
  }

  #report(kind: LedgerEvent['kind'], session: Session, detail: Record<string, unknown>): void {
    const { id, service, username } = session
    const at = this.#reading.at.wall
    this.#events.push({ kind, at, detail: { session_id: id, service, username, ...detail } })
  }
}
