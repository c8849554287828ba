import type { ClientBase } from 'pg'
import { routerKey } from '../../accounting/ids.ts'
import type { Share } from '../../accounting/spread.ts'
import type { PendingSession } from '../../accounting/waiting/pending-session.ts'
import type { RouterCommit } from '../../recording/ports.ts'
import { storableText } from '../pg/storable.ts'
import { runUnnest } from '../pg/unnest.ts'
import { type NamedDay, recordOthers } from './daily-names.ts'
import { decideOutcomes } from './lock-routers.ts'
import { moveSessions, settleMoved } from './move-sessions.ts'
import type { CommitResult } from './outcome.ts'
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
import { type Refusal, tryWriting, writeAccepted } from './write-accepted.ts'
import { writeSessions } from './write-sessions.ts'

/**
 * Writes one router's commit without what the database refuses of it, which becomes `ledger_events` of kind
 * `set_aside`, in the same transaction as all the rest and the router's position:
 *
 *     a session's row    neither the row nor its bytes are written. A row that was there stands as it was; where there
 *                        was none, the session's next commit finds none either, comes here, and tries to insert the
 *                        row with the bytes that came since, which are set aside in their turn where that is refused
 *     a session's bytes  the row is written, and of the bytes those buckets that are taken
 *     an event           its detail is kept in the event that says so
 *     a binding          its row is removed: what counts on from an old value would count twice (docs/accounting.md
 *                        rule 10)
 *
 * So all four tables get the same bytes, and the events tell the others: one event of each session and reason, which
 * every commit adds to. (Where an open session's row could not be
 * updated to the end, a new process counts on from the counters of that row, and records those bytes after all.)
 *
 * @param at when it is that they are set aside
 * @param floorMs buckets before it are left out of `session_deltas`
 * @throws DatabaseRefused where what is refused is not one of these, but the router's row, one of its readings, or the
 * events of this
 */
export async function applySettingAside(
  client: ClientBase,
  owner: string,
  commit: RouterCommit,
  at: Date,
  floorMs: number,
): Promise<CommitResult> {
  const outcomes = await decideOutcomes(client, owner, [commit])
  const key = routerKey(commit.tenant, commit.router)
  if (outcomes.get(key)?.kind !== 'committed') return outcomes
  const moved = await moveSessions(client, [commit])
  const { refused: sessions, named } = await writeSessionsApart(client, commit, floorMs)
  await settleMoved(client, moved)
  const refused = [
    ...sessions,
    ...(await writeBindingsApart(client, commit)),
    ...(await writeEventsApart(client, commit)),
  ]
  await runUnnest(client, SET_READINGS, readingsOf(commit))
  await runUnnest(client, UPDATE_ROUTERS, [commit])
  const told = await recordOthers(client, outcomes, [commit], named, at)
  const outcome = told.get(key)
  if (refused.length === 0 || outcome?.kind !== 'committed') return told
  const fresh = await recordRefused(client, commit, refused, at)
  if (fresh.length === 0) return told
  const setAside = fresh.map(({ what, reason }) => ({ what, reason }))
  return new Map([[key, { ...outcome, setAside }]])
}

async function writeSessionsApart(
  client: ClientBase,
  commit: RouterCommit,
  floorMs: number,
): Promise<SessionsApart> {
  const changes = await asRowsStand(client, sessionsOf(commit, commit.pending.sessions.values()))
  const named: NamedDay[] = []
  const write: Write = async part => {
    for (const day of await writeSessions(client, part, floorMs)) named.push(day)
  }
  const refusals = await writeAccepted(client, changes, write)
  const refused: RefusedEntry[] = []
  for (const refusal of refusals)
    for (const entry of await writeRowAlone(client, refusal, write)) refused.push(entry)
  return { refused, named }
}

/** Writes sessions, all of them or none. */
type Write = (changes: readonly SessionChange[]) => Promise<void>

interface SessionsApart {
  readonly refused: readonly RefusedEntry[]
  /** What was written of names beyond the router's budget. */
  readonly named: readonly NamedDay[]
}

/** The changes, new where there is no row, whatever was thought of them. */
async function asRowsStand(
  client: ClientBase,
  changes: readonly SessionChange[],
): Promise<readonly SessionChange[]> {
  const { rows } = await client.query<{ id: string }>(
    'select id from user_sessions where id = any($1::uuid[])',
    [changes.map(({ session }) => session.id)],
  )
  const there = new Set(rows.map(({ id }) => id))
  return changes.map(change => ({ ...change, isNew: !there.has(change.session.id) }))
}

/** What can be written of a session that is refused as a whole: its row first, and then its bytes. */
async function writeRowAlone(
  client: ClientBase,
  refusal: Refusal<SessionChange>,
  write: Write,
): Promise<readonly RefusedEntry[]> {
  const { entry } = refusal
  if (entry.shares.size === 0) return [refusedSession(refusal)]
  const reason = await tryWriting(client, () => write([withShares(entry, [])]))
  if (reason !== undefined) return [refusedSession({ entry, reason })]
  const written = { ...entry, isNew: false }
  const refused = await writeAccepted(client, [...entry.shares.values()], part =>
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

async function writeBindingsApart(
  client: ClientBase,
  commit: RouterCommit,
): Promise<readonly RefusedEntry[]> {
  await runUnnest(client, FORGET_BINDINGS, forgottenBindingsOf(commit))
  const refusals = await writeAccepted(client, bindingsOf(commit), part =>
    runUnnest(client, SET_BINDINGS, part),
  )
  for (const { entry } of refusals) await removeBinding(client, entry)
  return refusals.map(refusedBinding)
}

async function removeBinding(
  client: ClientBase,
  { tenant, router, service, name }: BindingChange,
): Promise<void> {
  await client.query(
    'delete from binding_counters where tenant_id = $1 and router_id = $2 and service = $3 and interface = $4',
    [tenant, router, storableText(service), storableText(name)],
  )
}

async function writeEventsApart(client: ClientBase, commit: RouterCommit): Promise<readonly RefusedEntry[]> {
  const refusals = await writeAccepted(client, eventsOf(commit), part =>
    runUnnest(client, INSERT_EVENTS, part),
  )
  return refusals.map(refusedEvent)
}
