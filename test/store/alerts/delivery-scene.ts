import { tenantId } from '../../../src/accounting/ids.ts'
import type { Delivery } from '../../../src/alerts/delivery.ts'
import { DeliveryStore } from '../../../src/store/alerts/delivery-store.ts'
import type { StoreScene } from '../pg/ledger-scene.ts'

export const CLAIM_MS = 30_000
export const A = { tenant: tenantId('acme'), webhook: 'a' }
export const B = { tenant: tenantId('acme'), webhook: 'b' }

export function deliveriesOf({ database }: Pick<StoreScene, 'database'>, claimMs = CLAIM_MS): DeliveryStore {
  return new DeliveryStore({ database, claimMs })
}

/**
 * An alert about the router `subject` fires, as the watch writes it.
 * @param webhooks of the tenant; each gets a delivery
 */
export async function fire(
  { database: { pool } }: Pick<StoreScene, 'database'>,
  subject: string,
  webhooks: readonly string[],
  tenant = 'acme',
): Promise<void> {
  const detail = { last_reading_at: null, error: 'no answer within 10 s' }
  await pool.query(
    `with fired as (
        insert into alerts (tenant_id, number, rule, kind, scope, subject, period, detail)
        values ($1, (select count(*) + 1 from alerts where tenant_id = $1), 'offline', 'router_offline', 'router', $2,
          '2026-11-26T10:00:00.000Z', $3)
        returning id
      )
      insert into alert_deliveries (alert_id, tenant_id, webhook, event)
      select id, $1, webhook, 'fired' from fired, unnest($4::text[]) as webhook`,
    [tenant, subject, detail, webhooks],
  )
}

export async function end(
  { database: { pool } }: Pick<StoreScene, 'database'>,
  subject: string,
  webhooks: readonly string[],
): Promise<void> {
  await pool.query(
    `with ended as (update alerts set ended_at = now() where subject = $1 returning id, tenant_id)
      insert into alert_deliveries (alert_id, tenant_id, webhook, event)
      select id, tenant_id, webhook, 'ended' from ended, unnest($2::text[]) as webhook`,
    [subject, webhooks],
  )
}

/** Deliveries as `webhook subject event`, sorted. */
export function namesOf(claimed: readonly Delivery[]): readonly string[] {
  return claimed.map(({ webhook, about, event }) => `${webhook} ${about.alert.subject} ${event}`).sort()
}
