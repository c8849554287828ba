import type { AlertTerms, TenantAlert } from '../accounting/alert.ts'
import type { Calendar } from '../accounting/calendar.ts'
import type { RouterKey, TenantId } from '../accounting/ids.ts'
import { AlertBoard } from '../alerts/alert-board.ts'
import { AlertMetrics } from '../alerts/alert-metrics.ts'
import { Courier } from '../alerts/courier.ts'
import { CLAIM_MS } from '../alerts/delivery.ts'
import type { WatchedRouter } from '../alerts/due.ts'
import { JoinedAlerts } from '../alerts/joined.ts'
import { Mailer } from '../alerts/mail/mailer.ts'
import type { AlertRecord } from '../alerts/record.ts'
import { AlertWatch } from '../alerts/watch.ts'
import { Webhooks } from '../alerts/webhooks.ts'
import type { Config, TenantConfig } from '../config/config.ts'
import { smtpAccessOf } from '../config/revealed.ts'
import type { RouterHealth } from '../poller/router-health.ts'
import type { RouterBooks } from '../recording/router-books.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Component } from '../runtime/component.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { Sender } from '../runtime/post/sender.ts'
import { VERSION } from '../runtime/version.ts'
import { DeliveryStore } from '../store/alerts/delivery-store.ts'
import type { Database } from '../store/pg/database.ts'
import type { FirstRouters } from './first-routers.ts'

export interface AlertingOptions {
  readonly config: Pick<Config, 'tenants' | 'smtp' | 'commit'>
  readonly database: Database
  readonly record: AlertRecord
  /** The routers that are read here. Another daemon judges the others. */
  readonly books: RouterBooks
  readonly calendars: { calendar(tenant: TenantId): Calendar | undefined }
  readonly healthOf: (router: RouterKey) => RouterHealth | undefined
  /** Which daemon judges the tables of a tenant. */
  readonly firsts: FirstRouters
  /** Called with each alert that fires or ends, here or at another daemon. */
  readonly onAlert: (alert: TenantAlert) => void
  /** Called when alerts fired or ended here. */
  readonly onFired: () => void
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Logger
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

/** Judges the alert rules of all tenants, and sends to their webhooks and mail addresses. */
export class Alerting implements Component {
  /** The newest alerts of each tenant. */
  readonly board = new AlertBoard()
  readonly #options: AlertingOptions
  readonly #watch: AlertWatch
  readonly #webhooks: Webhooks
  readonly #mailer: Mailer

  constructor(options: AlertingOptions) {
    const { config, database, record, calendars, onAlert, clock, log, onBug } = options
    const observer = new AlertMetrics(options.metrics)
    const joined = new JoinedAlerts({ observer, log })
    this.#options = options
    this.#mailer = new Mailer({ clock, log })
    this.#webhooks = new Webhooks({
      store: new DeliveryStore({ database, claimMs: CLAIM_MS }),
      courier: new Courier({
        sender: new Sender({ version: VERSION, clock }),
        ...{ mailer: this.#mailer, clock },
      }),
      random: Math.random,
      ...{ observer, clock, log, onBug },
    })
    this.#watch = new AlertWatch({
      record,
      board: this.board,
      calendarOf: tenant => calendars.calendar(tenant),
      routersOf: tenant => this.#routersOf(tenant),
      isJudgedHere: tenant => options.firsts.isOurs(tenant),
      onWritten: () => {
        this.#webhooks.wake()
        options.onFired()
      },
      // The tables do not change in between.
      intervalMs: config.commit.intervalMs,
      onAlert: it => {
        joined.note(it)
        onAlert(it)
      },
      ...{ clock, log, onBug },
    })
  }

  /**
   * Loads the alerts that fired before.
   * @throws what the database throws
   */
  async load(): Promise<void> {
    this.apply(this.#options.config)
    await this.#watch.load()
  }

  /** Starts judging the rules of the config and posting. Called after `load`. */
  start(): void {
    this.#watch.start()
    this.#webhooks.start()
  }

  async stop(): Promise<void> {
    await Promise.all([this.#watch.stop(), this.#webhooks.stop()])
  }

  /** Looks for alerts of other daemons at once. */
  look(): void {
    this.#watch.look()
  }

  /** Replaces the rules, the recipients and the mail server. */
  apply({ tenants, smtp }: Pick<Config, 'tenants' | 'smtp'>): void {
    this.#options.firsts.apply({ tenants })
    this.#mailer.setServer(smtp && smtpAccessOf(smtp))
    this.#watch.setTerms(tenants.map(termsOf))
    this.#webhooks.setWebhooks(tenants)
  }

  #routersOf(tenant: TenantId): readonly WatchedRouter[] {
    const { books, healthOf } = this.#options
    return [...books.ofTenant(tenant)].flatMap(book => {
      const health = book.isRemoved ? undefined : healthOf(book.key)
      if (!health) return []
      const { state, lastReadingAt, lastError: error } = health
      return [{ router: book.about.router, isEnabled: state !== 'disabled', lastReadingAt, error }]
    })
  }
}

/** Mails are among the webhooks, which is what the table of deliveries calls all recipients. */
function termsOf({ id: tenant, alerts: rules, webhooks, mails }: TenantConfig): AlertTerms {
  return { tenant, rules, webhooks: [...webhooks, ...mails] }
}
