import { setMaxListeners } from 'node:events'
import type { TenantId } from '../accounting/ids.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Component } from '../runtime/component.ts'
import { isFailure } from '../runtime/failure.ts'
import { errorFields, type Logger } from '../runtime/logger.ts'
import { Loop } from '../runtime/loop.ts'
import { Nap } from '../runtime/nap.ts'
import { type Delivery, type DeliveryStore, type Verdict, webhookKey } from './delivery.ts'
import { type HookedTenant, type Target, targetsOf, type Way, wayOf } from './recipient.ts'
import { type Outcome, verdictOn } from './retry.ts'

/** Counts the outcomes of attempts. */
export interface DeliveryObserver {
  /** @param way `removed`: to a recipient that is no longer in the config */
  delivery(outcome: 'delivered' | 'retried' | 'dead', way: Way | 'removed', times: number): void
}

export interface WebhooksOptions {
  readonly store: DeliveryStore
  readonly courier: {
    send(delivery: Delivery, target: Target, cut: AbortSignal): Promise<Outcome>
    close(): void
  }
  readonly random: () => number
  readonly observer: DeliveryObserver
  readonly clock: Clock
  readonly log: Logger
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

/** Recipients that are served at the same time. Each gets one message at a time, so a slow one delays only itself. */
const CONCURRENCY = 16
/** How often to look for due deliveries: retries, and those of other daemons. */
const LOOK_MS = 5_000
const BURY_MS = 600_000
/** Time for posts under way when the daemon stops. */
const GRACE_MS = 2_000

/**
 * Sends deliveries to webhooks and by mail, in order, until each is accepted. Several daemons may do so on one database: each
 * delivery belongs to one of them at a time, and is only delayed if that daemon dies.
 *
 *     pending ──claim──▶ pending, not due for a while ──post──▶ delivered
 *        ▲                                              ├─────▶ dead
 *        └──────────────── due again later ◀────────────┘
 */
export class Webhooks implements Component {
  readonly #options: WebhooksOptions
  /** By key, longest unserved first. */
  #targets = new Map<string, Target>()
  #tenants: readonly TenantId[] = []
  /** Deliveries under way, by key of the webhook. */
  readonly #underWay = new Map<string, Promise<void>>()
  readonly #failing = new Set<string>()
  readonly #cut = new AbortController()
  readonly #bugs: unknown[] = []
  #isDatabaseAway = false
  #buriedAtMs = Number.NEGATIVE_INFINITY
  readonly #nap: Nap
  readonly #loop: Loop

  constructor(options: WebhooksOptions) {
    this.#options = options
    this.#nap = new Nap(options.clock)
    this.#loop = new Loop(signal => this.#run(signal), options.onBug)
  }

  start(): void {
    this.#loop.start()
  }

  /** Gives the posts under way a moment to end. */
  stop(): Promise<void> {
    return this.#loop.stop()
  }

  /** Replaces the webhooks. Deliveries under way continue. */
  setWebhooks(tenants: readonly HookedTenant[]): void {
    this.#tenants = tenants.map(({ id }) => id)
    this.#targets = new Map(targetsOf(tenants).map(target => [webhookKey(target), target]))
    for (const key of this.#failing) if (!this.#targets.has(key)) this.#failing.delete(key)
    this.wake()
  }

  /** Looks for deliveries now instead of at the next interval. */
  wake(): void {
    this.#nap.wake()
  }

  async #run(signal: AbortSignal): Promise<void> {
    // Each delivery under way listens to these signals, more than Node's default limit.
    setMaxListeners(2 * CONCURRENCY, signal, this.#cut.signal)
    try {
      while (!signal.aborted && this.#bugs.length === 0) {
        await this.#tryBurying()
        await this.#look(signal)
        await this.#nap.sleep(LOOK_MS, signal)
      }
    } finally {
      await this.#end()
    }
    if (this.#bugs.length > 0) throw this.#bugs[0]
  }

  /** Claims due deliveries of idle webhooks and begins to deliver them. */
  async #look(signal: AbortSignal): Promise<void> {
    const room = CONCURRENCY - this.#underWay.size
    const targets = this.#targets
    const idle = [...targets.values()].filter(target => !this.#underWay.has(webhookKey(target)))
    if (room === 0 || idle.length === 0) return
    const refs = idle.map(({ tenant, webhook }) => ({ tenant, webhook }))
    const claimed = (await this.#tryStore(store => store.claim(refs, room))) ?? []
    for (const delivery of claimed) {
      const key = webhookKey(delivery)
      // A new config may have moved or removed the webhook in the meantime.
      const current = this.#targets.get(key)
      const target = current ?? targets.get(key)
      if (!target) continue
      this.#targets.delete(key)
      // Last in the order of service.
      if (current) this.#targets.set(key, current)
      const delivering = this.#deliver(delivery, target, signal)
        .catch(error => this.#bugs.push(error))
        .then(() => {
          this.#underWay.delete(key)
          this.wake()
        })
      this.#underWay.set(key, delivering)
    }
  }

  async #deliver(delivery: Delivery, target: Target, signal: AbortSignal): Promise<void> {
    const { courier, random } = this.#options
    const { attempt, ageMs } = delivery
    const outcome = await courier.send(delivery, target, this.#cut.signal)
    const verdict = verdictOn(outcome, { number: attempt, ageMs }, random())
    if (await this.#settle(delivery, verdict, signal)) this.#report(delivery, target, verdict, outcome)
  }

  /** Repeats until settled, because an unsettled delivery is posted again. @returns whether it was settled */
  async #settle(delivery: Delivery, verdict: Verdict, signal: AbortSignal): Promise<boolean> {
    for (;;) {
      const isSettled = await this.#tryStore(store => store.settle(delivery, verdict))
      if (isSettled !== undefined || signal.aborted) return isSettled ?? false
      await this.#options.clock.sleep(LOOK_MS, signal)
    }
  }

  #report(delivery: Delivery, { recipient }: Target, verdict: Verdict, outcome: Outcome): void {
    const { observer, log } = this.#options
    const { tenant, webhook, event, about } = delivery
    const key = webhookKey(delivery)
    const way = wayOf(recipient)
    switch (verdict.kind) {
      case 'delivered':
        observer.delivery('delivered', way, 1)
        if (this.#failing.delete(key)) log.info({ tenant, webhook }, 'webhook accepts alerts again')
        return
      case 'retry':
        observer.delivery('retried', way, 1)
        if (outcome.kind === 'cut' || this.#failing.has(key)) return
        this.#failing.add(key)
        log.warn(
          { tenant, webhook, error: verdict.error },
          'webhook does not accept alerts; they are retried',
        )
        return
      case 'dead': {
        observer.delivery('dead', way, 1)
        const { id: alert } = about.alert
        log.error(
          { tenant, webhook, alert, event, error: verdict.error },
          'alert given up: its webhook did not accept it',
        )
        return
      }
      default:
        verdict satisfies never
    }
  }

  async #tryBurying(): Promise<void> {
    const { clock, observer, log } = this.#options
    if (clock.steadyMs() - this.#buriedAtMs < BURY_MS || this.#tenants.length === 0) return
    const webhooks = Array.from(this.#targets.values(), ({ tenant, webhook }) => ({ tenant, webhook }))
    const buried = await this.#tryStore(store => store.bury(this.#tenants, webhooks))
    if (!buried) return
    this.#buriedAtMs = clock.steadyMs()
    for (const { tenant, webhook, deliveries } of buried) {
      observer.delivery('dead', 'removed', deliveries)
      log.error({ tenant, webhook, deliveries }, 'alerts given up: their webhook is no longer in the config')
    }
  }

  /** @returns `undefined` if the database is away */
  async #tryStore<T>(ask: (store: DeliveryStore) => Promise<T>): Promise<T | undefined> {
    const { store, log } = this.#options
    try {
      const answer = await ask(store)
      if (this.#isDatabaseAway) log.info('alerts are sent to webhooks again')
      this.#isDatabaseAway = false
      return answer
    } catch (error) {
      if (!isFailure(error)) throw error
      if (!this.#isDatabaseAway)
        log.warn({ err: errorFields(error) }, 'alerts are not sent to webhooks for now')
      this.#isDatabaseAway = true
      return undefined
    }
  }

  /** Gives posts a moment, because a post that is cut off may have been accepted and will be repeated. */
  async #end(): Promise<void> {
    const { clock, courier } = this.#options
    const grace = new AbortController()
    const ended = Promise.all(this.#underWay.values())
    await Promise.race([ended, clock.sleep(GRACE_MS, grace.signal)])
    grace.abort()
    this.#cut.abort()
    await ended
    courier.close()
  }
}
