import { type TenantId, tenantId } from '../../accounting/ids.ts'
import type {
  BuriedWebhook,
  Delivery,
  DeliveryStore as DeliveryPort,
  Verdict,
  WebhookRef,
} from '../../alerts/delivery.ts'
import type { Database } from '../pg/database.ts'
import { asStoreError } from '../pg/errors.ts'
import { type AlertRow, alertOf } from './alert-store.ts'
import { BURY_DELIVERIES, CLAIM_DELIVERIES, SETTLE_DELIVERY } from './delivery-statements.ts'

export interface DeliveryStoreOptions {
  readonly database: Pick<Database, 'pool'>
  /** For how long a delivery is its claimer's: longer than an attempt takes. */
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

/** What webhooks are to be told, and who tells them. Every method throws DatabaseUnavailable where there is no answer. */
export class DeliveryStore implements DeliveryPort {
  readonly #options: DeliveryStoreOptions

  constructor(options: DeliveryStoreOptions) {
    this.#options = options
  }

  /**
   * Of each webhook the first that is pending, where it is due: one at a time, since those behind it wait until it is
   * delivered or dead.
   * @param webhooks the most urgent first
   * @param most in all
   */
  claim(webhooks: readonly WebhookRef[], most: number): Promise<readonly Delivery[]> {
    return this.#ask('deliveries are not claimed', async ({ database: { pool }, claimMs }) => {
      const values = [...pairsOf(webhooks), most, claimMs]
      const { rows } = await pool.query<ClaimedRow>({ ...CLAIM_DELIVERIES, values })
      return rows.map(claimedOf)
    })
  }

  /** @returns false where it was claimed anew meanwhile, or settled: then nothing is changed */
  settle({ id, attempt }: Pick<Delivery, 'id' | 'attempt'>, verdict: Verdict): Promise<boolean> {
    return this.#ask('a delivery is not settled', async ({ database: { pool } }) => {
      const status = verdict.kind === 'retry' ? 'pending' : verdict.kind
      const afterMs = verdict.kind === 'retry' ? verdict.afterMs : 0
      const error = verdict.kind === 'delivered' ? null : verdict.error
      const { rowCount } = await pool.query({
        ...SETTLE_DELIVERY,
        values: [id, attempt, status, afterMs, error],
      })
      return rowCount === 1
    })
  }

  /**
   * Gives up what is pending of these tenants for other webhooks than these, where it has been due for an hour: so no
   * daemon knows them.
   * @returns how much of which
   */
  bury(tenants: readonly TenantId[], webhooks: readonly WebhookRef[]): Promise<readonly BuriedWebhook[]> {
    return this.#ask('old deliveries are not given up', async ({ database: { pool } }) => {
      const values = [tenants, ...pairsOf(webhooks), 'webhook not in the config']
      const { rows } = await pool.query<BuriedRow>({ ...BURY_DELIVERIES, values })
      return rows.map(({ tenant_id, webhook, deliveries }) => ({
        ...{ tenant: tenantId(tenant_id), webhook, deliveries },
      }))
    })
  }

  async #ask<T>(whatIsNot: string, question: (options: DeliveryStoreOptions) => Promise<T>): Promise<T> {
    try {
      return await question(this.#options)
    } catch (error) {
      throw asStoreError(whatIsNot, error)
    }
  }
}

function pairsOf(webhooks: readonly WebhookRef[]): readonly [readonly string[], readonly string[]] {
  return [webhooks.map(({ tenant }) => tenant), webhooks.map(({ webhook }) => webhook)]
}

function claimedOf(row: ClaimedRow): Delivery {
  const { tenant_id, delivery: id, webhook, event, attempts: attempt, age_ms: ageMs } = row
  return { tenant: tenantId(tenant_id), id, webhook, event, attempt, ageMs, about: alertOf(row) }
}
