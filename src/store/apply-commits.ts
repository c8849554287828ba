import type { ClientBase } from 'pg'
import { type RouterKey, routerId, routerKey, tenantId } from '../accounting/ids.ts'
import { type CommitOutcome, type CommitResult, decideOutcome } from './commit-outcome.ts'
import {
  type BindingChange,
  INSERT_EVENTS,
  type RouterCommit,
  type RouterEvent,
  SET_BINDINGS,
  UPDATE_ROUTERS,
} from './router-statements.ts'
import { INSERT_SESSIONS, type SessionChange, UPDATE_SESSIONS } from './session-statements.ts'
import { ADD_SHARES, type SessionShare } from './share-statement.ts'
import { storableBytes, storableInstant } from './storable.ts'
import { runUnnest } from './unnest.ts'

/**
 * Writes what waits of many routers, within the caller's transaction. Rows of different routers are different rows
 * in every table, so locking the routers, in order, is enough for commits not to meet.
 * @param floorMs buckets before it are left out of `session_deltas`
 */
export async function applyCommits(
  client: ClientBase,
  batch: readonly RouterCommit[],
  floorMs: number,
): Promise<CommitResult> {
  const positions = await lockRouters(client, batch)
  const outcomes = new Map<RouterKey, CommitOutcome>()
  const applied: RouterCommit[] = []
  for (const commit of batch) {
    const key = routerKey(commit.tenant, commit.router)
    const outcome = decideOutcome(positions.get(key), commit.pending)
    outcomes.set(key, outcome)
    if (outcome.kind === 'committed') applied.push(commit)
  }
  await write(client, applied, floorMs)
  return outcomes
}

const LOCK_ROUTERS = `select r.tenant_id, r.id, r.position from routers as r
  join unnest($1::text[], $2::text[]) as t (tenant_id, id) on r.tenant_id = t.tenant_id and r.id = t.id
  order by r.tenant_id, r.id for no key update of r`

async function lockRouters(client: ClientBase, batch: readonly RouterCommit[]) {
  const { rows } = await client.query<{ tenant_id: string; id: string; position: string }>({
    name: 'tikmeter_lock_routers',
    text: LOCK_ROUTERS,
    values: [batch.map(({ tenant }) => tenant), batch.map(({ router }) => router)],
  })
  const positions = new Map<RouterKey, number>()
  for (const { tenant_id, id, position } of rows)
    positions.set(routerKey(tenantId(tenant_id), routerId(id)), storableBytes(Number(position)))
  return positions
}

async function write(client: ClientBase, commits: readonly RouterCommit[], floorMs: number): Promise<void> {
  const { inserts, updates, shares } = rowsOf(commits)
  await runUnnest(client, INSERT_SESSIONS, inserts)
  await runUnnest(client, UPDATE_SESSIONS, updates)
  await runUnnest(client, ADD_SHARES, shares, [storableInstant(floorMs)])
  await runUnnest(client, SET_BINDINGS, bindingsOf(commits))
  await runUnnest(client, INSERT_EVENTS, eventsOf(commits))
  await runUnnest(client, UPDATE_ROUTERS, commits)
}

/** Rows by session id, which grows with time: neighbours in the batch are neighbours on disk. */
function rowsOf(commits: readonly RouterCommit[]) {
  const inserts: SessionChange[] = []
  const updates: SessionChange[] = []
  const shares: SessionShare[] = []
  for (const { tenant, router, pending } of commits)
    for (const { session, isNew, end, shares: byBucket } of pending.sessions.values()) {
      const readAt = pending.readings.get(session.service)?.at.wall ?? session.startTime
      const change = { tenant, router, session, end, readAt }
      if (isNew) inserts.push(change)
      else updates.push(change)
      for (const share of byBucket.values()) shares.push({ tenant, router, session, share })
    }
  inserts.sort(bySessionId)
  updates.sort(bySessionId)
  shares.sort(bySessionId)
  return { inserts, updates, shares }
}

interface OfSession {
  readonly session: { readonly id: string }
}

function bySessionId(a: OfSession, b: OfSession): number {
  return a.session.id < b.session.id ? -1 : a.session.id > b.session.id ? 1 : 0
}

function bindingsOf(commits: readonly RouterCommit[]): readonly BindingChange[] {
  return commits.flatMap(({ tenant, router, pending }) =>
    Array.from(pending.bindings, ([name, counters]) => ({ tenant, router, name, counters })),
  )
}

function eventsOf(commits: readonly RouterCommit[]): readonly RouterEvent[] {
  return commits.flatMap(({ tenant, router, pending }) =>
    pending.events.map(event => ({ tenant, router, event })),
  )
}
