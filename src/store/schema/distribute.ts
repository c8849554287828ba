import type { ClientBase } from 'pg'
import { DISTRIBUTED, layoutOf } from './layout.ts'
import { LOCK_MS, retryingLocks } from './lock-retries.ts'

/*
 * In Citus a key must have the tenant, because only rows of one shard can be compared; and a distributed table cannot
 * refer to one that is only on the coordinator.
 */
export const KEYS: readonly string[] = [
  `alter table tik.user_sessions drop constraint user_sessions_tenant_id_router_id_routers_tenant_id_id_fk`,
  `alter table tik.router_services drop constraint router_services_tenant_id_router_id_routers_tenant_id_id_fk`,
  `alter table tik.user_sessions drop constraint user_sessions_pkey, add primary key (id, tenant_id)`,
  `alter table tik.ledger_events drop constraint ledger_events_pkey, add primary key (id, tenant_id)`,
  // Bucket first, as in one PostgreSQL: commits write the newest bucket.
  `alter table tik.session_deltas drop constraint session_deltas_bucket_start_session_id_pk,
     add primary key (bucket_start, session_id, tenant_id)`,
]

/**
 * Distributes the tables that grow, by tenant, if the database is a Citus coordinator and they are not distributed yet.
 * Rows that are there move to their nodes; meanwhile nobody can write them. If it is interrupted, nothing was done, and the
 * next call begins again. (Citus can distribute while rows are written, but not several tables in one transaction, and
 * only with logical replication between the nodes.)
 */
export async function distribute(client: ClientBase): Promise<void> {
  const { rows: extension } = await client.query(`select from pg_extension where extname = 'citus'`)
  if (extension.length === 0 || (await layoutOf(client)) === 'distributed') return
  await retryingLocks(client, () => distributeAll(client))
}

/** Locks everything first, routers before the rest like commits, so that it never waits with some of the tables locked. */
async function distributeAll(client: ClientBase): Promise<void> {
  await client.query(`begin; set local lock_timeout = ${LOCK_MS}`)
  await client.query(`lock table tik.routers, ${DISTRIBUTED.join(', ')} in access exclusive mode`)
  await client.query('set local lock_timeout = 0')
  for (const statement of KEYS) await client.query(statement)
  const [first, ...others] = DISTRIBUTED
  await client.query(`select create_distributed_table('${first}', 'tenant_id', colocate_with => 'none')`)
  for (const table of others)
    await client.query(
      `select create_distributed_table('${table}', 'tenant_id', colocate_with => '${first}')`,
    )
  await client.query('commit')
}
