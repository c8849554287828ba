import type { ClientBase } from 'pg'
import { type RouterKey, routerKey } from '../../accounting/ids.ts'
import type { CommitOutcome, RouterCommit } from '../../recording/ports.ts'
import { rowKey } from '../pg/row-key.ts'
import { storableBytes } from '../pg/storable.ts'
import { checkVersion, WRITABLE_SINCE } from '../schema/writable.ts'
import { decideOutcome, type LockedRouter, UNTAKEN } from './decide-outcome.ts'

/**
 * Locks each router against other commits, and its lease against takings but not against renewals (see
 * `lease-statements.ts`). It waits for a taking that is under way, and then finds what that wrote. A migration does not
 * begin as long as a router is locked.
 */
const LOCK_ROUTERS = `select r.tenant_id, r.id, r.position, l.owner, l.epoch, ${WRITABLE_SINCE} as writable_since
  from tik.routers as r
  join unnest($1::text[], $2::text[]) as t (tenant_id, id) on r.tenant_id = t.tenant_id and r.id = t.id
  join tik.router_leases as l on l.tenant_id = r.tenant_id and l.router_id = r.id
  order by r.tenant_id, r.id for key share of l for no key update of r`

interface LockedRow {
  readonly tenant_id: string
  readonly id: string
  readonly position: string
  readonly owner: string | null
  readonly epoch: string
  readonly writable_since: string
}

/**
 * Locks the routers until the transaction ends, and decides the outcome of each commit: `committed` if all of it is to
 * be written now.
 * @throws SchemaTooNew
 */
export async function decideOutcomes(
  client: ClientBase,
  owner: string,
  batch: readonly RouterCommit[],
): Promise<ReadonlyMap<RouterKey, CommitOutcome>> {
  const locked = await lockRouters(client, batch)
  const outcomes = new Map<RouterKey, CommitOutcome>()
  for (const commit of batch) {
    const key = routerKey(commit.tenant, commit.router)
    outcomes.set(key, decideOutcome(locked.get(key) ?? UNTAKEN, owner, commit))
  }
  return outcomes
}

async function lockRouters(client: ClientBase, batch: readonly RouterCommit[]) {
  const { rows } = await client.query<LockedRow>({
    name: 'tikmeter_lock_routers',
    text: LOCK_ROUTERS,
    values: [batch.map(({ tenant }) => tenant), batch.map(({ router }) => router)],
  })
  const [first] = rows
  if (first) checkVersion(first.writable_since)
  const locked = new Map<RouterKey, LockedRouter>()
  for (const { tenant_id, id, position, owner, epoch } of rows)
    locked.set(rowKey(tenant_id, id), {
      owner: owner ?? undefined,
      epoch: Number(epoch),
      position: storableBytes(Number(position)),
    })
  return locked
}
