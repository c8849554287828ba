import { type TenantId, tenantId } from '../../accounting/ids.ts'
import type {
  BuriedWebhook,
  Delivery,
  DeliveryStore as DeliveryPort,
  Verdict,
  WebhookRef,
} from '../../alerts/delivery.ts'
import type { Database } from '../pg/database.ts'
import { asking } from '../pg/errors.ts'
import { type AlertRow, alertOf } from './alert-store.ts'
import { BURY_DELIVERIES, CLAIM_DELIVERIES, SETTLE_DELIVERY } from './delivery-statements.ts'

export interface DeliveryStoreOptions {
  readonly database: Pick<Database, 'pool'>
  /** How long a claim lasts: longer than an attempt takes. */
  readonly claimMs: number
}

interface ClaimedRow extends AlertRow {
  readonly delivery: string
  readonly webhook: string
  readonly event: Delivery['event']
  readonly attempts: number
  readonly age_ms: number
}

interface BuriedRow {
  readonly tenant_id: string
  readonly webhook: string
  readonly deliveries: number
}

/** The table of deliveries. Every method throws DatabaseUnavailable if there is no answer. */
export class DeliveryStore implements DeliveryPort {
  readonly #options: DeliveryStoreOptions

  constructor(options: DeliveryStoreOptions) {
    this.#options = options
  }

  /**
   * Claims the first pending delivery of each webhook, if it is due. Only the first, because those behind it wait until
   * it is delivered or dead.
   * @param webhooks the most urgent first
   * @param most in all
   */
  claim(webhooks: readonly WebhookRef[], most: number): Promise<readonly Delivery[]> {
    const { database, claimMs } = this.#options
    const values = [...pairsOf(webhooks), most, claimMs]
    return asking('deliveries are not claimed', async () => {
      const { rows } = await database.pool.query<ClaimedRow>({ ...CLAIM_DELIVERIES, values })
      return rows.map(deliveryOf)
    })
  }

  /** @returns false, without a change, if it was claimed again or settled meanwhile */
  settle({ id, attempt }: Pick<Delivery, 'id' | 'attempt'>, verdict: Verdict): Promise<boolean> {
    const { pool } = this.#options.database
    const status = verdict.kind === 'retry' ? 'pending' : verdict.kind
    const afterMs = verdict.kind === 'retry' ? verdict.afterMs : 0
    const error = verdict.kind === 'delivered' ? null : verdict.error
    const values = [id, attempt, status, afterMs, error]
    return asking('a delivery is not settled', async () => {
      const { rowCount } = await pool.query({ ...SETTLE_DELIVERY, values })
      return rowCount === 1
    })
  }

  /**
   * Gives up the pending deliveries of these tenants for other webhooks, if they have been due for an hour: no daemon
   * knows those webhooks.
   * @returns how many of which webhook
   */
  bury(tenants: readonly TenantId[], webhooks: readonly WebhookRef[]): Promise<readonly BuriedWebhook[]> {
    const { pool } = this.#options.database
    const values = [tenants, ...pairsOf(webhooks), 'webhook not in the config']
    return asking('old deliveries are not given up', async () => {
      const { rows } = await pool.query<BuriedRow>({ ...BURY_DELIVERIES, values })
      return rows.map(({ tenant_id, webhook, deliveries }) => ({
        ...{ tenant: tenantId(tenant_id), webhook, deliveries },
      }))
    })
  }
}

function pairsOf(webhooks: readonly WebhookRef[]): readonly [readonly string[], readonly string[]] {
  return [webhooks.map(({ tenant }) => tenant), webhooks.map(({ webhook }) => webhook)]
}

function deliveryOf(row: ClaimedRow): Delivery {
  const { tenant_id, delivery: id, webhook, event, attempts: attempt, age_ms: ageMs } = row
  return { tenant: tenantId(tenant_id), id, webhook, event, attempt, ageMs, about: alertOf(row) }
}
