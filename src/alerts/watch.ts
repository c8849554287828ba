import type { AlertTerms, DueUsage, TenantAlert } from '../accounting/alert.ts'
import type { Calendar } from '../accounting/calendar.ts'
import type { TenantId } from '../accounting/ids.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Component } from '../runtime/component.ts'
import { isFailure } from '../runtime/failure.ts'
import { errorFields, type Logger } from '../runtime/logger.ts'
import { Loop } from '../runtime/loop.ts'
import { Nap } from '../runtime/nap.ts'
import { type AlertBoard, RECENT_ALERTS } from './alert-board.ts'
import { dueBy, recoveredOf, sightOf, type WatchedRouter } from './due.ts'
import type { AlertRecord } from './record.ts'
import { Silences } from './silence.ts'

export interface AlertWatchOptions {
  readonly record: AlertRecord
  readonly board: AlertBoard
  readonly calendarOf: (tenant: TenantId) => Calendar | undefined
  /** The tenant's routers that this daemon reads. */
  readonly routersOf: (tenant: TenantId) => readonly WatchedRouter[]
  /** Whether this daemon judges a tenant's tables. Outages are judged where the router is read. */
  readonly isJudgedHere: (tenant: TenantId) => boolean
  /** Called for each alert that fires or ends, here or at another daemon. */
  readonly onAlert: (alert: TenantAlert) => void
  /** Called when there may be new deliveries for webhooks. */
  readonly onWritten: () => void
  readonly intervalMs: number
  readonly clock: Clock
  readonly log: Logger
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

/** Slow queries, such as the sums of many subscribers, rest 20 times as long as they took: at most 1/20 of a core. */
const REST = 20
/** A look that comes later than this many intervals says nothing about silence. */
const LATE = 3
/** Between two turns, however often somebody asks to look. */
const LEAST_PAUSE_MS = 1_000

/**
 * Judges the committed tables by the alert rules at each interval, and records each alert once. Also reports every new
 * alert in the table, whichever daemon wrote it.
 */
export class AlertWatch implements Component {
  readonly #options: AlertWatchOptions
  readonly #silences = new Silences()
  #terms: readonly AlertTerms[] = []
  /** When each slow query may run again, in steady time. */
  readonly #restUntilMs = new Map<string, number>()
  /** The database time up to which the table was read, and the alerts reported there that may be found again. */
  #since: string | undefined
  #reported: ReadonlyMap<string, string | null> = new Map()
  #hasFailed = false
  readonly #unjudged = new Set<TenantId>()
  readonly #nap: Nap
  readonly #listening: Loop
  readonly #judging: Loop

  constructor(options: AlertWatchOptions) {
    this.#options = options
    this.#nap = new Nap(options.clock)
    this.#listening = new Loop(signal => this.#listen(signal), options.onBug)
    this.#judging = new Loop(signal => this.#takeTurns(signal), options.onBug)
  }

  /** Sets the rules. Alerts of all other tenants are no longer reported. */
  setTerms(terms: readonly AlertTerms[]): void {
    this.#terms = terms
    this.#restUntilMs.clear()
    this.#options.board.keepOnly(new Set(terms.map(({ tenant }) => tenant)))
  }

  /**
   * Loads the existing alerts, before anybody asks for them.
   * @throws the errors of the record
   */
  async load(): Promise<void> {
    await this.#catchUp(this.#terms.map(({ tenant }) => tenant))
  }

  /** Looks at once for what other daemons wrote. */
  look(): void {
    this.#nap.wake()
  }

  start(): void {
    this.#listening.start()
    this.#judging.start()
  }

  async stop(): Promise<void> {
    await Promise.all([this.#listening.stop(), this.#judging.stop()])
  }

  /** Looks at the routers in a separate loop, because a slow turn would look like a gap. */
  async #listen(signal: AbortSignal): Promise<void> {
    const { routersOf, clock, intervalMs } = this.#options
    while (!signal.aborted) {
      const sights = this.#terms.flatMap(({ tenant }) =>
        routersOf(tenant)
          .filter(it => it.isEnabled)
          .map(it => sightOf(tenant, it)),
      )
      this.#silences.look(sights, clock.steadyMs(), LATE * intervalMs)
      await clock.sleep(intervalMs, signal)
    }
  }

  async #takeTurns(signal: AbortSignal): Promise<void> {
    const { clock, intervalMs } = this.#options
    while (!signal.aborted) {
      await this.#tryTurn(signal)
      // Daemons may tell of many alerts, one after the other.
      await clock.sleep(Math.min(LEAST_PAUSE_MS, intervalMs), signal)
      await this.#nap.sleep(Math.max(0, intervalMs - LEAST_PAUSE_MS), signal)
    }
  }

  async #tryTurn(signal: AbortSignal): Promise<void> {
    const { log } = this.#options
    try {
      await this.#turn(signal)
      if (this.#hasFailed) log.info('alerts are checked again')
      this.#hasFailed = false
    } catch (error) {
      if (!isFailure(error)) throw error
      if (signal.aborted) return
      if (!this.#hasFailed) log.warn({ err: errorFields(error) }, 'alerts cannot be checked for now')
      this.#hasFailed = true
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const terms = this.#terms
    const tenants = terms.map(({ tenant }) => tenant)
    await this.#catchUp(tenants)
    let written = await this.#endOutages(terms)
    for (const ofTenant of terms) {
      if (signal.aborted) return
      written += await this.#tryJudging(ofTenant, signal)
    }
    if (written > 0) this.#options.onWritten()
    await this.#reportChanges(tenants)
  }

  /** Loads the existing alerts of new tenants. They are not reported. */
  async #catchUp(tenants: readonly TenantId[]): Promise<void> {
    const { record, board } = this.#options
    this.#since ??= await record.now()
    const unknown = tenants.filter(tenant => !board.has(tenant))
    if (unknown.length === 0) return
    const reported = new Map(this.#reported)
    for (const [tenant, alerts] of await record.recent(unknown, RECENT_ALERTS)) {
      board.begin(tenant, alerts)
      for (const alert of alerts) reported.set(...endOf({ tenant, alert }))
    }
    this.#reported = reported
  }

  async #endOutages(terms: readonly AlertTerms[]): Promise<number> {
    const { record, routersOf } = this.#options
    const open = await record.openOutages(terms.map(({ tenant }) => tenant))
    let ended = 0
    for (const ofTenant of terms.filter(({ tenant }) => open.has(tenant)))
      ended += await record.endOutages(ofTenant, recoveredOf(routersOf(ofTenant.tenant)))
    return ended
  }

  /** A tenant that fails does not affect the others, unless the database is away for all. */
  async #tryJudging(terms: AlertTerms, signal: AbortSignal): Promise<number> {
    const { record, log } = this.#options
    const { tenant } = terms
    try {
      const fired = await this.#judge(terms, signal)
      if (this.#unjudged.delete(tenant)) log.info({ tenant }, 'alerts of the tenant are checked again')
      return fired
    } catch (error) {
      if (!isFailure(error) || signal.aborted) throw error
      await record.now()
      if (!this.#unjudged.has(tenant))
        log.error({ tenant, err: errorFields(error) }, 'alerts of the tenant cannot be checked')
      this.#unjudged.add(tenant)
      return 0
    }
  }

  async #judge(terms: AlertTerms, signal: AbortSignal): Promise<number> {
    const { record, calendarOf, routersOf, clock } = this.#options
    const calendar = calendarOf(terms.tenant)
    if (!calendar) return 0
    const { usage, sessions, outages } = dueBy(terms, {
      calendar,
      now: clock.now(),
      routers: routersOf(terms.tenant),
      silences: this.#silences,
    })
    // Outages first: they are known already, and the queries below are slow.
    let fired = outages.length > 0 ? await record.fireOutages(terms, outages) : 0
    if (!this.#options.isJudgedHere(terms.tenant)) return fired
    for (const [kind, due] of usage) fired += await this.#fireUsage(terms, due, kind, signal)
    for (const [kind, due] of sessions) fired += await record.fireSessions(terms, kind, due)
    return fired
  }

  /** @param kind of the due rules: each kind rests separately */
  async #fireUsage(
    terms: AlertTerms,
    due: readonly DueUsage[],
    kind: string,
    signal: AbortSignal,
  ): Promise<number> {
    const { record, clock } = this.#options
    const key = `${terms.tenant} ${kind}`
    const begunMs = clock.steadyMs()
    if (begunMs < (this.#restUntilMs.get(key) ?? 0)) return 0
    try {
      return await record.fireUsage(terms, due, signal)
    } finally {
      const nowMs = clock.steadyMs()
      this.#restUntilMs.set(key, nowMs + REST * (nowMs - begunMs))
    }
  }

  async #reportChanges(tenants: readonly TenantId[]): Promise<void> {
    const { record, board, onAlert } = this.#options
    if (this.#since === undefined) return
    const now = await record.now()
    const changed = await record.changedSince(tenants, this.#since)
    const news = changed.filter(it => this.#reported.get(alertKey(it)) !== it.alert.ended_at)
    this.#since = now
    this.#reported = new Map(changed.map(endOf))
    for (const it of news) {
      board.put(it)
      onAlert(it)
    }
  }
}

function alertKey({ tenant, alert }: TenantAlert): string {
  return `${tenant}/${alert.id}`
}

function endOf(it: TenantAlert): readonly [key: string, endedAt: string | null] {
  return [alertKey(it), it.alert.ended_at]
}
