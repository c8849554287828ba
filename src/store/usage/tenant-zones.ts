import type { ClientBase } from 'pg'

/** A tenant, and what its days are counted in. */
export interface TenantZone {
  readonly id: string
  readonly timezone: string
}

/** Reads tenants, removed ones too, by id. @param tenant only this one; `undefined`: all */
export async function tenantZones(
  client: Pick<ClientBase, 'query'>,
  tenant: string | undefined,
): Promise<readonly TenantZone[]> {
  const { rows } = await client.query<TenantZone>(
    'select id, timezone from tenants where $1::text is null or id = $1 order by id',
    [tenant],
  )
  return rows
}
