import type { TenantId } from '../../accounting/ids.ts'
import type { Grant } from '../../auth/bearer.ts'
import { type Snapshot, statsOf, sumTotals, type Totals } from '../../live/snapshot.ts'
import type { Clock } from '../../runtime/clock.ts'
import { problem, type Reply, success } from '../http/reply.ts'
import type { Route } from '../http/routes.ts'
import { chosenTenant } from '../usage/admission.ts'

/** A port: the live numbers; `undefined` for a tenant that does not exist. */
export interface StatsSource {
  tenants(): readonly TenantId[]
  snapshot(tenant: TenantId, now: Date): Snapshot | undefined
  totals(tenant: TenantId, now: Date): Totals | undefined
}

export function dashboardRoutes(source: StatsSource, clock: Clock): readonly Route[] {
  return [
    {
      kind: 'guarded',
      path: '/api/dashboard/stats',
      parameters: ['tenant'],
      answer: (query, grant) => tenantStats(source, query, grant, clock.now()),
    },
    {
      kind: 'guarded',
      path: '/api/system/dashboard/stats',
      parameters: [],
      answer: (_query, grant) => systemStats(source, grant, clock.now()),
    },
  ]
}

function tenantStats(source: StatsSource, query: URLSearchParams, grant: Grant, now: Date): Reply {
  const chosen = chosenTenant(grant, query, source.tenants())
  if (chosen.kind === 'none') return chosen.reply
  const snapshot = source.snapshot(chosen.tenant, now)
  return snapshot === undefined ? problem(404, 'no such tenant') : success(snapshot.stats)
}

function systemStats(source: StatsSource, grant: Grant, now: Date): Reply {
  if (grant.kind !== 'admin') return problem(403, 'only for admins')
  const tenants = source.tenants().flatMap(tenant => {
    const snapshot = source.snapshot(tenant, now)
    return snapshot === undefined ? [] : [{ tenant, ...snapshot.stats }]
  })
  const totals = source.tenants().flatMap(tenant => source.totals(tenant, now) ?? [])
  return success({ ...statsOf(sumTotals(totals), undefined, now), tenants })
}
