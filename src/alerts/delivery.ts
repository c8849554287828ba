import type { TenantAlert } from '../accounting/alert.ts'
import type { TenantId } from '../accounting/ids.ts'
import type { AlertEvent } from './message.ts'

/** How long a claim lasts: the longest time of a post, and the same again to record its outcome. */
export const CLAIM_MS = 30_000

export interface WebhookRef {
  readonly tenant: TenantId
  /** Unique within its tenant. */
  readonly webhook: string
}

/** A message for a webhook that this daemon has claimed. */
export interface Delivery extends WebhookRef {
  /** The same for each attempt. */
  readonly id: string
  readonly event: AlertEvent
  /** Number of the claimed attempt, from 1. */
  readonly attempt: number
  /** Time since the alert fired or ended, by the database's clock. */
  readonly ageMs: number
  readonly about: TenantAlert
}

/** What happens to the delivery next. */
export type Verdict =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly afterMs: number; readonly error: string }
  | { readonly kind: 'dead'; readonly error: string }

export interface BuriedWebhook extends WebhookRef {
  /** Number of deliveries that were given up. */
  readonly deliveries: number
}

/** The table of deliveries. Each method rejects with a failure if the table cannot be reached. */
export interface DeliveryStore {
  /**
   * Claims the first pending delivery of each webhook, if it is due and not claimed. Nobody else gets it while the
   * claim lasts.
   * @param webhooks in the order in which to serve them
   */
  claim(webhooks: readonly WebhookRef[], most: number): Promise<readonly Delivery[]>
  /** @returns false, without a change, if somebody else has claimed it in the meantime */
  settle(delivery: Pick<Delivery, 'id' | 'attempt'>, verdict: Verdict): Promise<boolean>
  /** Gives up the deliveries of all other webhooks of these tenants, if no daemon has known those for a long time. */
  bury(tenants: readonly TenantId[], webhooks: readonly WebhookRef[]): Promise<readonly BuriedWebhook[]>
}

/** Identifies a webhook across tenants. A tenant's id contains no slash. */
export function webhookKey({ tenant, webhook }: WebhookRef): string {
  return `${tenant}/${webhook}`
}
