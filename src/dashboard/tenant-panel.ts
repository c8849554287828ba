import type { Feed, SessionsMessage, SnapshotMessage } from '../client/feed.ts'
import { showAlerts, spokenAlert } from './alert-list.ts'
import { announce } from './announcer.ts'
import { showCards, showForecast } from './cards.ts'
import type { DaemonApi } from './daemon-api.ts'
import { type DayUsage, historyOf } from './history.ts'
import { HistoryChart } from './history-chart.ts'
import { LocalTime } from './instant.ts'
import { listOf } from './json-fields.ts'
import { byId } from './page.ts'
import { readPast } from './past.ts'
import { RateChart } from './rate-chart.ts'
import type { RateWindow } from './rate-window.ts'
import { RouterTable } from './router-table.ts'
import { keepReachable } from './scroll-areas.ts'
import { SessionTable } from './session-table.ts'
import { type Alert, alertOf, isNews, withAlert } from './shown-alert.ts'
import { TopUsers } from './top-users.ts'

export interface TenantPanelOptions {
  readonly daemon: DaemonApi
  readonly feed: Feed
  /** The tenant, if an admin is signed in; `undefined` for a tenant's own token. */
  readonly named: string | undefined
  readonly intervalMs: () => number
  /** Called if the token is no longer valid. */
  readonly onRefused: (why: string) => void
}

/** The tables lag behind by a commit, usually half a minute. */
const PAST_EVERY_MS = 30_000
/** Used while the tables are empty, as after a first start. */
const FIRST_PAST_EVERY_MS = 5_000

/** The page of one tenant: live numbers from the feed, and data from the tables. */
export class TenantPanel {
  readonly #options: TenantPanelOptions
  readonly #leaving = new AbortController()
  #time = new LocalTime('UTC')
  #latest: SnapshotMessage | undefined
  #began: string | undefined
  #days: readonly DayUsage[] = []
  #alerts: readonly Alert[] = []
  #hurry = new AbortController()
  readonly #routers = new RouterTable()
  readonly #sessions = new SessionTable(this.#time)
  readonly #top = new TopUsers()
  readonly #rates = new RateChart(this.#time)
  readonly #history = new HistoryChart()

  constructor(options: TenantPanelOptions) {
    this.#options = options
  }

  start(): void {
    const { feed, named } = this.#options
    const { signal } = this.#leaving
    for (const part of [this.#sessions, this.#rates, this.#history]) part.start(signal)
    keepReachable(signal)
    byId('top-period', HTMLSelectElement).addEventListener('change', () => this.#hurry.abort(), { signal })
    for (const end of [feed.subscribe('sessions', named), feed.subscribe('alerts', named)])
      signal.addEventListener('abort', end)
  }

  stop(): void {
    this.#leaving.abort()
  }

  showSnapshot(snapshot: SnapshotMessage, window: RateWindow): void {
    const { stats, routers, as_of } = snapshot
    const isFirst = this.#latest === undefined
    this.#latest = snapshot
    this.#began ??= as_of
    if (stats.timezone !== null && stats.timezone !== this.#time.timezone)
      this.#time = new LocalTime(stats.timezone)
    showCards(stats)
    this.#routers.show(routers, as_of)
    this.#rates.show(window, this.#options.intervalMs(), this.#time)
    this.#showHistory(snapshot)
    if (isFirst) {
      this.#run(signal => this.#readAlerts(signal))
      this.#run(signal => this.#keepPast(signal))
    }
  }

  showSessions({ sessions, as_of }: SessionsMessage): void {
    this.#sessions.update(sessions, as_of, this.#time)
  }

  showAlert(value: unknown): void {
    const alert = alertOf(value)
    const isNew = this.#began !== undefined && isNews(this.#alerts, alert, this.#began)
    this.#alerts = withAlert(this.#alerts, alert)
    this.#showAlerts()
    if (isNew) announce(spokenAlert(alert, this.#time))
  }

  #showAlerts(): void {
    showAlerts(this.#alerts, this.#time, this.#latest?.as_of ?? '')
  }

  #showHistory({ stats, as_of }: SnapshotMessage): void {
    const { upload, download } = stats.bytes.today
    this.#history.show(historyOf(this.#days, { day: dayOf(stats.day, as_of), upload, download }))
  }

  /** Reads earlier alerts. If the daemon has none, the list stays as it is. */
  async #readAlerts(signal: AbortSignal): Promise<void> {
    const { daemon } = this.#options
    const answer = await daemon.get('api/alerts', { ...this.#whose(), limit: '20' }, signal)
    if (answer.kind !== 'answer') return
    for (const row of listOf(answer.content['rows'])) {
      const alert = alertOf(row)
      // An alert from the feed is at least as new.
      if (this.#alerts.every(({ id }) => id !== alert.id)) this.#alerts = withAlert(this.#alerts, alert)
    }
    this.#showAlerts()
  }

  async #keepPast(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#hurry = new AbortController()
      await this.#readPast(signal)
      const waitMs = this.#days.length === 0 ? FIRST_PAST_EVERY_MS : PAST_EVERY_MS
      await sleep(waitMs, AbortSignal.any([signal, this.#hurry.signal]))
    }
  }

  async #readPast(signal: AbortSignal): Promise<void> {
    const { daemon, onRefused } = this.#options
    const latest = this.#latest
    if (latest === undefined) return
    const period = byId('top-period', HTMLSelectElement).value
    const query = { today: dayOf(latest.stats.day, latest.as_of), period }
    const answer = await readPast(daemon, this.#whose(), query, signal)
    if (answer.kind === 'refused') return onRefused(answer.why)
    const { days, top, forecast } = answer.past
    if (days !== undefined) this.#days = days
    if (top !== undefined) this.#top.show(top)
    showForecast(forecast)
    this.#showHistory(this.#latest ?? latest)
  }

  #whose(): Readonly<Record<string, string>> {
    const { named } = this.#options
    return named === undefined ? {} : { tenant: named }
  }

  /** Errors after the user has left are ignored. */
  #run(task: (signal: AbortSignal) => Promise<void>): void {
    const { signal } = this.#leaving
    task(signal).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
  }
}

function dayOf(day: string | null, asOf: string): string {
  return day ?? asOf.slice(0, 10)
}

/** Resolves after `ms` milliseconds, or at once if the signal aborts. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve()
    const timer = setTimeout(done, ms)
    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
  })
}
