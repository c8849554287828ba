import type { Delivery, DeliveryStore, Verdict, WebhookRef } from '../../src/alerts/delivery.ts'
import { CLAIM_MS, webhookKey } from '../../src/alerts/delivery.ts'
import type { HandClock } from '../runtime/hand-clock.ts'
import { outage } from './alerts.ts'

interface Row {
  readonly id: string
  readonly webhook: WebhookRef
  readonly delivery: Pick<Delivery, 'event' | 'about'>
  readonly firedMs: number
  attempts: number
  dueMs: number
  status: 'pending' | 'delivered' | 'dead'
  error: string | undefined
}

/** The table of deliveries in memory, with a clock set by the test. */
export class MemoryDeliveries implements DeliveryStore {
  readonly rows: Row[] = []
  /** Thrown by every call. */
  failure: Error | undefined
  claims = 0
  /** Called during a claim. */
  meanwhile = () => {}
  readonly #clock: HandClock

  constructor(clock: HandClock) {
    this.#clock = clock
  }

  /** @returns the id */
  add(webhook: WebhookRef, id: string): string {
    const nowMs = this.#clock.steadyMs()
    const about = outage(this.rows.length + 1, null, webhook.tenant)
    const delivery = { event: 'fired', about } as const
    const state = { attempts: 0, dueMs: nowMs, status: 'pending', error: undefined } as const
    this.rows.push({ id, webhook, delivery, firedMs: nowMs, ...state })
    return id
  }

  async claim(webhooks: readonly WebhookRef[], most: number): Promise<readonly Delivery[]> {
    this.claims++
    if (this.failure) throw this.failure
    this.meanwhile()
    const nowMs = this.#clock.steadyMs()
    const first = webhooks.flatMap(
      webhook =>
        this.rows.find(row => row.status === 'pending' && webhookKey(row.webhook) === webhookKey(webhook)) ??
        [],
    )
    return first
      .filter(row => row.dueMs <= nowMs)
      .slice(0, most)
      .map(row => {
        row.attempts++
        row.dueMs = nowMs + CLAIM_MS
        const { id, webhook, delivery, attempts: attempt, firedMs } = row
        return { id, ...webhook, ...delivery, attempt, ageMs: nowMs - firedMs }
      })
  }

  async settle({ id, attempt }: Pick<Delivery, 'id' | 'attempt'>, verdict: Verdict): Promise<boolean> {
    if (this.failure) throw this.failure
    const row = this.rows.find(it => it.id === id)
    if (row?.status !== 'pending' || row.attempts !== attempt) return false
    if (verdict.kind === 'retry') row.dueMs = this.#clock.steadyMs() + verdict.afterMs
    else row.status = verdict.kind
    row.error = verdict.kind === 'delivered' ? undefined : verdict.error
    return true
  }

  async bury(
    ..._: Parameters<DeliveryStore['bury']>
  ): Promise<readonly (WebhookRef & { readonly deliveries: number })[]> {
    if (this.failure) throw this.failure
    return []
  }

  /** The delivery as `status attempts error`. */
  state(id: string): string {
    const row = this.rows.find(it => it.id === id)
    return [row?.status, row?.attempts, row?.error].filter(it => it !== undefined).join(' ')
  }
}
