import { routerKey, type TenantId } from '../../accounting/ids.ts'
import type { Share } from '../../accounting/spread.ts'
import type { PendingSession } from '../../accounting/waiting/pending-session.ts'
import type { RouterCommit } from '../../recording/ports.ts'
import type { Scope } from '../pg/scope.ts'
import { storableText } from '../pg/storable.ts'
import { runUnnest } from '../pg/unnest.ts'
import { type NamedDay, recordOthers } from './daily-names.ts'
import type { CommitResult } from './decide-outcome.ts'
import { decideOutcomes } from './lock-routers.ts'
import { moveSessions, settleMoved } from './move-sessions.ts'
import {
  type RefusedEntry,
  refusedBinding,
  refusedBytes,
  refusedEvent,
  refusedSession,
} from './refused-entry.ts'
import { bindingsOf, eventsOf, forgottenBindingsOf, readingsOf, sessionsOf } from './router-rows.ts'
import {
  type BindingChange,
  FORGET_BINDINGS,
  INSERT_EVENTS,
  SET_BINDINGS,
  SET_READINGS,
  UPDATE_ROUTERS,
} from './router-statements.ts'
import type { SessionChange } from './session-statements.ts'
import { recordRefused } from './set-aside-events.ts'
import { type Refused, tryWriting, writeAccepted } from './write-accepted.ts'
import { writeSessions } from './write-sessions.ts'

/**
 * Writes one router's commit without the entries that the database refuses. These become `ledger_events` of kind
 * `set_aside`, in the same transaction as all the rest and the router's position:
 *
 *     a session's row    neither the row nor its bytes are written. An existing row keeps its values. If there is none,
 *                        the session's next commit finds none either, comes here, and tries to insert the row with the
 *                        bytes that came since; if the row is refused again, those are set aside too
 *     a session's bytes  the row is written, with the bytes of the buckets that are accepted
 *     an event           its detail is kept in the `set_aside` event
 *     a binding          its row is deleted: counting on from an old value would count twice (docs/accounting.md
 *                        rule 10)
 *
 * So all four tables get the same bytes, and the events have the rest: one event for each session and reason, which each
 * commit adds to. (If the row of an open session could not be updated until a restart, the new process counts on from
 * the counters of that row, and records those bytes after all.)
 *
 * @param scope names the commit's tenant, if it names any
 * @param at the time of the `set_aside` events
 * @param floorMs buckets before this time are not written to `session_deltas`
 * @throws DatabaseRefused if something else is refused: the router's row, one of its readings, or the events themselves
 */
export async function applySettingAside(
  scope: Scope,
  owner: string,
  commit: RouterCommit,
  at: Date,
  floorMs: number,
): Promise<CommitResult> {
  const outcomes = await decideOutcomes(scope.client, owner, [commit])
  const key = routerKey(commit.tenant, commit.router)
  if (outcomes.get(key)?.kind !== 'committed') return outcomes
  const moved = await moveSessions(scope, [commit])
  const { refused: sessions, named } = await writeSessionsApart(scope, commit, floorMs)
  await settleMoved(scope, moved)
  const refused = [
    ...sessions,
    ...(await writeBindingsApart(scope, commit)),
    ...(await writeEventsApart(scope, commit)),
  ]
  await runUnnest(scope, SET_READINGS, readingsOf(commit))
  await runUnnest(scope, UPDATE_ROUTERS, [commit])
  const withOthers = await recordOthers(scope, outcomes, [commit], named, at)
  const outcome = withOthers.get(key)
  if (refused.length === 0 || outcome?.kind !== 'committed') return withOthers
  const fresh = await recordRefused(scope, commit, refused, at)
  if (fresh.length === 0) return withOthers
  const setAside = fresh.map(({ what, reason }) => ({ what, reason }))
  return new Map([[key, { ...outcome, setAside }]])
}

async function writeSessionsApart(
  scope: Scope,
  commit: RouterCommit,
  floorMs: number,
): Promise<SessionsApart> {
  const changes = await asRowsStand(
    scope,
    commit.tenant,
    sessionsOf(commit, commit.pending.sessions.values()),
  )
  const named: NamedDay[] = []
  const write: Write = async part => {
    for (const day of await writeSessions(scope, part, floorMs)) named.push(day)
  }
  const refusals = await writeAccepted(scope.client, changes, write)
  const refused: RefusedEntry[] = []
  for (const refusal of refusals)
    for (const entry of await writeRowAlone(scope, refusal, write)) refused.push(entry)
  return { refused, named }
}

/** Writes all of the sessions, or none. */
type Write = (changes: readonly SessionChange[]) => Promise<void>

interface SessionsApart {
  readonly refused: readonly RefusedEntry[]
  /** Days on which names beyond the router's budget were written. */
  readonly named: readonly NamedDay[]
}

/** Marks changes as new exactly if their session has no row. */
async function asRowsStand(
  { client }: Scope,
  tenant: TenantId,
  changes: readonly SessionChange[],
): Promise<readonly SessionChange[]> {
  const { rows } = await client.query<{ id: string }>(
    'select id from tik.user_sessions where tenant_id = $1 and id = any($2::uuid[])',
    [tenant, changes.map(({ session }) => session.id)],
  )
  const there = new Set(rows.map(({ id }) => id))
  return changes.map(change => ({ ...change, isNew: !there.has(change.session.id) }))
}

/** Writes what it can of a session that was refused as a whole: first its row, then its bytes. @returns the rest */
async function writeRowAlone(
  scope: Scope,
  refusal: Refused<SessionChange>,
  write: Write,
): Promise<readonly RefusedEntry[]> {
  const { entry } = refusal
  if (entry.shares.size === 0) return [refusedSession(refusal)]
  const reason = await tryWriting(scope.client, () => write([withShares(entry, [])]))
  if (reason !== undefined) return [refusedSession({ entry, reason })]
  const written = { ...entry, isNew: false }
  const refused = await writeAccepted(scope.client, [...entry.shares.values()], part =>
    write([withShares(written, part)]),
  )
  const [first] = refused
  if (!first) return []
  const shares = refused.map(({ entry: share }) => share)
  return [refusedBytes({ entry: withShares(written, shares), reason: first.reason })]
}

function withShares(change: SessionChange, shares: readonly Share[]): SessionChange {
  const byBucket: PendingSession['shares'] = new Map(shares.map(share => [share.bucketStartMs, share]))
  return { ...change, shares: byBucket }
}

async function writeBindingsApart(scope: Scope, commit: RouterCommit): Promise<readonly RefusedEntry[]> {
  await runUnnest(scope, FORGET_BINDINGS, forgottenBindingsOf(commit))
  const refusals = await writeAccepted(scope.client, bindingsOf(commit), part =>
    runUnnest(scope, SET_BINDINGS, part),
  )
  for (const { entry } of refusals) await removeBinding(scope, entry)
  return refusals.map(refusedBinding)
}

async function removeBinding(scope: Scope, { tenant, router, service, name }: BindingChange): Promise<void> {
  await scope.client.query(
    'delete from tik.binding_counters where tenant_id = $1 and router_id = $2 and service = $3 and interface = $4',
    [tenant, router, storableText(service), storableText(name)],
  )
}

async function writeEventsApart(scope: Scope, commit: RouterCommit): Promise<readonly RefusedEntry[]> {
  const refusals = await writeAccepted(scope.client, eventsOf(commit), part =>
    runUnnest(scope, INSERT_EVENTS, part),
  )
  return refusals.map(refusedEvent)
}
