import type { TenantAlert } from '../../src/accounting/alert.ts'
import { tenantId } from '../../src/accounting/ids.ts'

export const FIRED_AT = '2026-11-26T10:00:00.000Z'
export const ENDED_AT = '2026-11-26T11:30:00.000Z'

/** The outage of a router, with a text that has more bytes than characters. */
export function outage(id = 17, endedAt: string | null = null, tenant = 'acme'): TenantAlert {
  return {
    tenant: tenantId(tenant),
    alert: {
      ...{ id, rule: 'offline', kind: 'router_offline', scope: 'router', subject: 'hq' },
      ...{ period: '2026-11-26T09:50:00.000Z', fired_at: FIRED_AT, ended_at: endedAt },
      detail: { last_reading_at: '2026-11-26T09:50:00.000Z', error: 'no answer — “10 s” ⏱' },
    },
  }
}
