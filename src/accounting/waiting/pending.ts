import { addSums, type ByteSum, NO_SUM } from '../bytes.ts'
import type { Growth } from '../columns/columns.ts'
import { type DetailedSum, GrownRows } from '../columns/grown-rows.ts'
import {
  countedBy,
  type Decision,
  type Entry,
  type LedgerEvent,
  listedSessions,
  type Move,
  NO_MOVES,
} from '../entry.ts'
import type { SessionId } from '../ids.ts'
import { lazy } from '../lazy.ts'
import { type LastReading, lastReadingOf } from '../ledger.ts'
import type { Service } from '../reading.ts'
import type { GrowthShare, Share } from '../spread.ts'
import { MovedBindings, type PendingBindings } from './pending-bindings.ts'
import { bytesIn } from './pending-bytes.ts'
import { addGrown, mergeSession, type PendingSession } from './pending-session.ts'
import { BINDING_BYTES, EVENT_BYTES, GROWN_BYTES, MOVE_BYTES, WeighedSessions } from './pending-weight.ts'
import { byBucket, mergeShares } from './share-sums.ts'
import { WaitingEvents } from './waiting-events.ts'
import type { WaitingLoad } from './waiting-share.ts'

/**
 * What the database has not got yet of one router, merged to one row for each session and bucket: sessions are as they
 * are now, shares are sums. `position` counts the router's decisions, including the last one, so that a commit whose
 * outcome never arrived is recognised instead of repeated.
 */
export interface Pending {
  readonly basePosition: number
  readonly position: number
  readonly sessions: ReadonlyMap<SessionId, PendingSession>
  /** The same in two parts, the second on top of the first; absent if no session is in columns. */
  readonly inColumns?: PendingColumns
  /** Moves of bytes that the database already has. They are made in this order, before the sessions are written. */
  readonly moves: readonly Move[]
  readonly events: readonly LedgerEvent[]
  /** By service; absent if nothing waits. */
  readonly bindings: ReadonlyMap<Service, PendingBindings>
  readonly readings: ReadonlyMap<Service, LastReading>
}

/** The sessions of a `Pending` without an object for each one that only grew. */
export interface PendingColumns {
  readonly changed: ReadonlyMap<SessionId, PendingSession>
  readonly grown: readonly GrownRows[]
}

/** A router's pending commit, to which decision after decision is added. */
export class PendingBuilder {
  readonly #basePosition: number
  #position: number
  readonly #sessions = new WeighedSessions()
  readonly #events: WaitingEvents
  readonly #moves: Move[] = []
  /** Shares that moved to sessions whose entries come next. */
  readonly #inherited = new Map<SessionId, PendingSession['shares']>()
  readonly #bindings = new MovedBindings()
  readonly #readings = new Map<Service, LastReading>()
  #since: Date | undefined
  #adopted = NO_SUM
  /** The latest growth, by service: newer than all of the above. */
  readonly #grown = new Map<Service, GrownRows>()

  /**
   * @param position of the last decision that is not included
   * @param mostEvents number of events that are kept one by one
   */
  constructor(position: number, mostEvents = Number.POSITIVE_INFINITY) {
    this.#basePosition = position
    this.#position = position
    this.#events = new WaitingEvents(mostEvents)
  }

  /** Position of the last decision that is included. */
  get position(): number {
    return this.#position
  }

  /** Whether no decision was added. */
  get isEmpty(): boolean {
    return this.#position === this.#basePosition
  }

  /** The approximate number of sessions: a session that did more than grow can count twice. */
  get sessionCount(): number {
    return this.#sessions.all.size + this.#grownSize
  }

  get load(): WaitingLoad {
    const bytes =
      this.#sessions.bytes +
      this.#grownSize * GROWN_BYTES +
      this.#events.all.length * EVENT_BYTES +
      this.#bindings.count * BINDING_BYTES +
      this.#moves.length * MOVE_BYTES
    return { bytes, since: this.#since }
  }

  /** The bytes that its decisions counted, summed up independently of the sessions. */
  get adopted(): ByteSum {
    return this.#adopted
  }

  /** Number of events that were merged into others. */
  get joinedEvents(): number {
    return this.#events.joined
  }

  /**
   * Adds a decision. Call it before the decision is adopted.
   * @param sharesOf the shares of each entry that counted bytes
   * @param growthShares the shares of the decision's growth
   */
  add(
    decision: Decision,
    sharesOf: ReadonlyMap<Entry, readonly Share[]>,
    growthShares: readonly GrowthShare[] = [],
  ): void {
    const { service, growth } = decision
    this.#position++
    this.#since ??= decision.at.wall
    this.#adopted = addSums(this.#adopted, countedBy(decision))
    const rows = this.#grown.get(service)
    const listed = rows && listedSessions(decision)
    if (rows && listed && listed.size > 0) this.#settle(rows, rows.takeOut(listed))
    for (const move of decision.moves) this.#move(move)
    if (growth) this.#grownRows(service, growth).add(growth, growthShares, decision.at.steadyMs)
    for (const entry of decision.entries) this.#addEntry(entry, sharesOf.get(entry) ?? [])
    for (const event of decision.events) this.#events.add(event)
    this.#bindings.note(service, { forgetsOthers: decision.isReplaced, moved: decision.bindings })
    this.#readings.set(service, lastReadingOf(decision))
  }

  /** Adds what waited in an earlier process. Call it before anything else is added. */
  addPending(pending: Pending): void {
    this.#position = pending.position
    this.#adopted = addSums(this.#adopted, bytesIn(pending))
    for (const move of pending.moves) this.#move(move)
    for (const change of pending.sessions.values()) this.#put(change)
    this.#events.addAll(pending.events)
    for (const [service, bindings] of pending.bindings) this.#bindings.note(service, bindings)
    for (const [service, reading] of pending.readings) {
      this.#readings.set(service, reading)
      this.#since ??= reading.at.wall
    }
  }

  /** Everything so far, as one commit. Later additions may change it. */
  build(): Pending {
    const changed = this.#sessions.all
    const grown = [...this.#grown.values()]
    const all = lazy(() => withGrown(changed, grown))
    return {
      basePosition: this.#basePosition,
      position: this.#position,
      // Made on demand, because most commits are written from the columns.
      get sessions() {
        return grown.length === 0 ? changed : all()
      },
      ...(grown.length === 0 ? {} : { inColumns: { changed, grown } }),
      moves: this.#moves.length === 0 ? NO_MOVES : this.#moves,
      events: this.#events.all,
      bindings: this.#bindings.all,
      readings: this.#readings,
    }
  }

  get #grownSize(): number {
    let size = 0
    for (const rows of this.#grown.values()) size += rows.size
    return size
  }

  /** Moves the bytes that still wait, too. */
  #move({ from, to }: Move): void {
    this.#moves.push({ from, to })
    const wrong = this.#sessions.get(from)
    if (!wrong || wrong.shares.size === 0) return
    const { shares } = wrong
    this.#sessions.set(from, { ...wrong, shares: new Map() })
    this.#inherited.set(to, mergeShares(this.#inherited.get(to) ?? new Map(), shares))
  }

  #grownRows(service: Service, { columns }: Growth): GrownRows {
    const rows = this.#grown.get(service)
    if (rows?.columns === columns) return rows
    if (rows) this.#settle(rows, rows.sums())
    const begun = new GrownRows(columns)
    this.#grown.set(service, begun)
    return begun
  }

  /** Moves rows from the columns to `#sessions`, before anything newer of these sessions is added. */
  #settle(rows: GrownRows, sums: Iterable<DetailedSum>): void {
    for (const sum of sums) addGrown(this.#sessions, ...rows.sessionAndShare(sum))
  }

  #addEntry(entry: Entry, shares: readonly Share[]): void {
    const { session } = entry
    const end =
      entry.kind === 'stop'
        ? { lastSeenAt: entry.lastSeenAt, endTime: entry.endTime, reason: entry.reason, device: entry.device }
        : undefined
    const change = {
      session,
      isNew: entry.kind === 'start',
      isOnlyGrown: false,
      end,
      shares: byBucket(shares),
    }
    this.#put(change)
  }

  #put(change: PendingSession): void {
    const { id } = change.session
    const merged = mergeSession(this.#sessions.get(id), change)
    const inherited = this.#inherited.get(id)
    this.#sessions.set(id, inherited ? { ...merged, shares: mergeShares(inherited, merged.shares) } : merged)
    this.#inherited.delete(id)
  }
}

function withGrown(
  changed: ReadonlyMap<SessionId, PendingSession>,
  grown: readonly GrownRows[],
): ReadonlyMap<SessionId, PendingSession> {
  const sessions = new Map(changed)
  for (const rows of grown) for (const sum of rows.sums()) addGrown(sessions, ...rows.sessionAndShare(sum))
  return sessions
}
