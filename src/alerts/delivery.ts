import type { TenantAlert } from '../accounting/alert.ts'
import type { TenantId } from '../accounting/ids.ts'
import type { AlertEvent } from './message.ts'
import type { Verdict } from './retry.ts'

/** For how long a delivery is its claimer's: what a post takes at the most, and as long again to write down how it went. */
export const CLAIM_MS = 30_000

export interface WebhookRef {
  readonly tenant: TenantId
  /** Unique within its tenant. */
  readonly webhook: string
}

/** What a webhook is to be told, and this daemon's to post. */
export interface Delivery extends WebhookRef {
  /** The same at each attempt. */
  readonly id: string
  readonly event: AlertEvent
  /** Of the attempt that it was claimed for: 1 for the first. */
  readonly attempt: number
  /** Since what it tells of happened. */
  readonly ageMs: number
  readonly about: TenantAlert
}

export interface BuriedWebhook extends WebhookRef {
  /** Deliveries that nobody will make any more. */
  readonly deliveries: number
}

/** The table of deliveries. Each rejects with a failure where it can't be asked. */
export interface DeliveryStore {
  /**
   * The first that is pending of each webhook, where it is due and nobody else's for now: nobody else gets it within
   * the time that an attempt takes.
   * @param webhooks those that come first are served first
   */
  claim(webhooks: readonly WebhookRef[], most: number): Promise<readonly Delivery[]>
  /** @returns false where somebody else has claimed it meanwhile: then nothing is settled */
  settle(delivery: Pick<Delivery, 'id' | 'attempt'>, verdict: Verdict): Promise<boolean>
  /** Gives up what these tenants' other webhooks were to be told, of which nobody has known for long. */
  bury(tenants: readonly TenantId[], webhooks: readonly WebhookRef[]): Promise<readonly BuriedWebhook[]>
}

/** A webhook among those of all tenants; a tenant's id has no slash. */
export function keyOf({ tenant, webhook }: WebhookRef): string {
  return `${tenant}/${webhook}`
}
