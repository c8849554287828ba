import { createHash } from 'node:crypto'
import type { PoolClient } from 'pg'
import type { TenantId } from '../../accounting/ids.ts'
import type { SyncedRouter, SyncedTenant } from '../../roster/ports.ts'
import { LISTED_FOR } from '../leases/member-statements.ts'
import type { Column } from '../pg/binary-array.ts'
import { unscoped } from '../pg/scope.ts'
import { storableText } from '../pg/storable.ts'
import { runUnnest, unnestStatement } from '../pg/unnest.ts'
import { checkZones } from './check-zones.ts'

/**
 * Makes `tenants` and `routers` equal to the configs of all daemons, within the caller's transaction. Removed ones are
 * marked, returned ones are unmarked, and nothing is ever deleted.
 * @param daemon the id of the daemon whose config has these tenants
 * @throws UnknownZone
 */
export async function writeConfig(
  client: PoolClient,
  daemon: string,
  tenants: readonly SyncedTenant[],
): Promise<void> {
  const routers = tenants.flatMap(tenant => tenant.routers.map(router => ({ tenant: tenant.id, router })))
  await checkZones(client, tenants)
  await lockAll(client)
  await writeLists(client, daemon, tenants)
  await runUnnest(unscoped(client), UPSERT_TENANTS, tenants)
  await runUnnest(unscoped(client), UPSERT_ROUTERS, routers)
  for (const statement of MARKS) await client.query(statement)
}

/** Marks what no daemon lists any more as removed, and unmarks what one lists again, within the caller's transaction. */
export async function markRemoved(client: PoolClient): Promise<void> {
  await lockAll(client)
  for (const statement of MARKS) await client.query(statement)
}

/** In the order that commits lock them in. */
async function lockAll(client: PoolClient): Promise<void> {
  await client.query('select from tik.tenants order by id for no key update')
  await client.query('select from tik.routers order by tenant_id, id for no key update')
}

async function writeLists(
  client: PoolClient,
  daemon: string,
  tenants: readonly SyncedTenant[],
): Promise<void> {
  const lists = tenants.map(({ id, routers }): ListRow => {
    const ids = routers.map(router => router.id).sort()
    // Ids have no blanks.
    return { tenant: id, digest: digestOf(ids), routers: ids.join(' ') }
  })
  const names = lists.map(({ tenant }) => tenant)
  const digest = digestOf(lists.map(list => `${list.tenant} ${list.digest}`).sort())
  await client.query('update tik.daemons set seen_at = now(), list_digest = $2 where id = $1', [
    daemon,
    digest,
  ])
  await client.query('delete from tik.daemon_lists where daemon_id = $1 and tenant_id <> all($2)', [
    daemon,
    names,
  ])
  await runUnnest(unscoped(client), UPSERT_LISTS, lists, [daemon])
}

function digestOf(lines: readonly string[]): string {
  return createHash('sha256').update(lines.join('\n')).digest('base64url')
}

/** What daemons list that are alive, or were not long ago. */
const LISTS = `lists as (
  select l.tenant_id, l.routers from tik.daemon_lists as l join tik.daemons as d on d.id = l.daemon_id
  where d.seen_at > clock_timestamp() - ${LISTED_FOR}
)`
const LISTED = `${LISTS}, listed as (select tenant_id, unnest(routers) as id from lists)`

const MARKS: readonly string[] = [
  `with ${LISTS} update tik.tenants as t set removed_at = now()
     where removed_at is null and not exists (select from lists where lists.tenant_id = t.id)`,
  `with ${LISTS} update tik.tenants as t set removed_at = null
     where removed_at is not null and exists (select from lists where lists.tenant_id = t.id)`,
  `with ${LISTED} update tik.routers as r set removed_at = now() where removed_at is null
     and not exists (select from listed where listed.tenant_id = r.tenant_id and listed.id = r.id)`,
  `with ${LISTED} update tik.routers as r set removed_at = null where removed_at is not null
     and exists (select from listed where listed.tenant_id = r.tenant_id and listed.id = r.id)`,
]

/** What a daemon lists of a tenant. Lists of the same routers have the same digest. */
interface ListRow {
  readonly tenant: TenantId
  readonly digest: string
  readonly routers: string
}

const LIST_COLUMNS: readonly Column<ListRow>[] = [
  { name: 'tenant_id', type: 'text', of: ({ tenant }) => tenant },
  { name: 'digest', type: 'text', of: ({ digest }) => digest },
  { name: 'routers', type: 'text', of: ({ routers }) => routers },
]

const UPSERT_LISTS = unnestStatement(
  'tikmeter_upsert_lists',
  LIST_COLUMNS,
  rows => `insert into tik.daemon_lists as l (daemon_id, tenant_id, digest, routers)
    select $4, t.tenant_id, t.digest, string_to_array(t.routers, ' ') from ${rows} as t (tenant_id, digest, routers)
    on conflict (daemon_id, tenant_id) do update set digest = excluded.digest, routers = excluded.routers
    where l.digest <> excluded.digest`,
)

const TENANT_COLUMNS: readonly Column<SyncedTenant>[] = [
  { name: 'id', type: 'text', of: ({ id }) => id },
  { name: 'name', type: 'text', of: ({ name }) => storableText(name) },
  { name: 'timezone', type: 'text', of: ({ timezone }) => timezone },
]

const UPSERT_TENANTS = unnestStatement(
  'tikmeter_upsert_tenants',
  TENANT_COLUMNS,
  rows => `insert into tik.tenants (id, name, timezone) select * from ${rows}
    on conflict (id) do update set name = excluded.name, timezone = excluded.timezone, removed_at = null`,
)

const ROUTER_COLUMNS: readonly Column<{ tenant: TenantId; router: SyncedRouter }>[] = [
  { name: 'tenant_id', type: 'text', of: ({ tenant }) => tenant },
  { name: 'id', type: 'text', of: ({ router }) => router.id },
  { name: 'name', type: 'text', of: ({ router }) => storableText(router.name) },
  { name: 'host', type: 'text', of: ({ router }) => storableText(router.host) },
]

const UPSERT_ROUTERS = unnestStatement(
  'tikmeter_upsert_routers',
  ROUTER_COLUMNS,
  rows => `insert into tik.routers (tenant_id, id, name, host) select * from ${rows}
    on conflict (tenant_id, id) do update set name = excluded.name, host = excluded.host, removed_at = null`,
)
