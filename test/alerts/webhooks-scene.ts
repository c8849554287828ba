import { afterEach, expect } from 'vitest'
import { tenantId } from '../../src/accounting/ids.ts'
import { Courier } from '../../src/alerts/courier.ts'
import type { WebhookRef } from '../../src/alerts/delivery.ts'
import type { Format } from '../../src/alerts/formats.ts'
import { Mailer } from '../../src/alerts/mail/mailer.ts'
import { Webhooks } from '../../src/alerts/webhooks.ts'
import { Sender } from '../../src/runtime/post/sender.ts'
import { HandClock } from '../runtime/hand-clock.ts'
import { LogLines } from '../runtime/log-lines.ts'
import { Endpoint } from './endpoint.ts'
import { MemoryDeliveries } from './memory-deliveries.ts'

export const SECRET = 'a secret of twenty-four bytes or more'

/** One daemon's webhooks, with a manual clock, an endpoint on loopback and a table in memory. */
export class WebhooksScene {
  readonly clock = new HandClock('2026-11-26T10:00:00Z')
  readonly endpoint = new Endpoint()
  readonly store = new MemoryDeliveries(this.clock)
  readonly logged = new LogLines()
  /** Calls of the observer. */
  readonly observed: string[] = []
  /** Number of posts under way. */
  #posting = 0
  readonly #webhooks: Webhooks
  readonly bugs: unknown[] = []

  constructor() {
    const { clock, store } = this
    const sender = new Sender({ version: '0.1.0', clock })
    const mailer = new Mailer({ clock, log: this.logged.log })
    const courier = new Courier({ sender, mailer, clock })
    this.#webhooks = new Webhooks({
      courier: {
        send: async (delivery, target, cut) => {
          this.#posting++
          const outcome = await courier.send(delivery, target, cut)
          this.#posting--
          return outcome
        },
        close: () => courier.close(),
      },
      random: () => 0,
      observer: { delivery: (outcome, way, times) => this.observed.push(`${outcome} ${way} ${times}`) },
      ...{ clock, store, log: this.logged.log },
      onBug: error => this.bugs.push(error),
    })
  }

  /** Runs until the test ends. @param paths paths of the endpoint, one webhook each, or URLs */
  async run(...paths: readonly string[]): Promise<void> {
    await this.endpoint.listen()
    this.setWebhooks(...paths)
    this.#webhooks.start()
    opened.push(() => this.#end())
  }

  setWebhooks(...paths: readonly string[]): void {
    this.setAddresses(new Map(paths.map(path => [path, path])))
  }

  /** Posts to these webhooks at other addresses. */
  setAddresses(
    addresses: ReadonlyMap<string, string>,
    isPrivateAllowed = true,
    format: Format = { kind: 'json' },
  ): void {
    const webhooks = Array.from(addresses, ([path, address]) => ({
      id: refOf(path).webhook,
      url: { reveal: () => (address.startsWith('/') ? this.endpoint.url(address) : address) },
      secret: { reveal: () => SECRET },
      ...{ isPrivateAllowed, format },
    }))
    const named = { name: 'Acme WISP', timezone: 'Africa/Nairobi' }
    this.#webhooks.setWebhooks([{ id: tenantId('acme'), ...named, webhooks, mails: [] }])
  }

  /** Adds a delivery, as the watch does, and wakes the webhooks. @returns the id */
  add(path: string, id = `${path}#${this.store.rows.length}`): string {
    this.store.add(refOf(path), id)
    this.#webhooks.wake()
    return id
  }

  /** Resolves when the delivery has this state. */
  async until(id: string, state: string): Promise<void> {
    await expect.poll(() => this.store.state(id), { interval: 2, timeout: 10_000 }).toBe(state)
  }

  /** Resolves when no post is under way. */
  async untilAnswered(): Promise<void> {
    await expect.poll(() => this.#posting, { interval: 1, timeout: 10_000 }).toBe(0)
  }

  /** Advances the clock second by second, while no post is under way, until the delivery has this state. */
  async turnUntil(id: string, state: string, seconds = 300): Promise<void> {
    for (let second = 0; second < seconds && this.store.state(id) !== state; second++) {
      await this.untilAnswered()
      if (this.store.state(id) !== state) await this.clock.turn(1_000)
    }
    expect(this.store.state(id)).toBe(state)
  }

  stop(): Promise<void> {
    return this.#webhooks.stop()
  }

  /** Ends everything, including posts that hang. */
  async #end(): Promise<void> {
    const stopped = this.stop()
    await this.clock.turn(10_000)
    await stopped
  }
}

export function refOf(path: string): WebhookRef {
  return { tenant: tenantId('acme'), webhook: path.replace(/^\/|\W+/g, '') }
}

const opened: (() => Promise<void>)[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map(stop => stop()))
})
