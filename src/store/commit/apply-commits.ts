import { routerKey } from '../../accounting/ids.ts'
import type { RouterCommit } from '../../recording/ports.ts'
import { pipelined } from '../pg/pipeline.ts'
import type { Scope } from '../pg/scope.ts'
import { runUnnest } from '../pg/unnest.ts'
import { recordOthers } from './daily-names.ts'
import type { CommitResult } from './decide-outcome.ts'
import { GrownSessions } from './grow-sessions.ts'
import { decideOutcomes } from './lock-routers.ts'
import { moveSessions, settleMoved } from './move-sessions.ts'
import { bindingsOf, eventsOf, forgottenBindingsOf, readingsOf, sessionsOf } from './router-rows.ts'
import {
  FORGET_BINDINGS,
  INSERT_EVENTS,
  SET_BINDINGS,
  SET_READINGS,
  UPDATE_ROUTERS,
} from './router-statements.ts'
import { writeSessions } from './write-sessions.ts'

/**
 * Writes what waits of many routers, within the caller's transaction. Different routers have different rows in every
 * table, so locking the routers, in order, is enough to keep commits apart.
 * @param scope names the tenants of the batch, if it names any
 * @param owner id of the daemon whose commits they are
 * @param at the time of the commit
 * @param floorMs buckets before this time are not written to `session_deltas`
 * @returns the outcome for each router
 */
export async function applyCommits(
  scope: Scope,
  owner: string,
  batch: readonly RouterCommit[],
  at: Date,
  floorMs: number,
): Promise<CommitResult> {
  // Sorted while the answer is on its way, because nearly always everything in it is written.
  const [outcomes, all] = await pipelined([
    decideOutcomes(scope.client, owner, batch),
    sorted(batch, floorMs),
  ])
  const commits = batch.filter(
    ({ tenant, router }) => outcomes.get(routerKey(tenant, router))?.kind === 'committed',
  )
  const { grown, others } = commits.length === batch.length ? all : await sorted(commits, floorMs)
  const moved = await moveSessions(scope, commits)
  const named = await writeSessions(scope, others, floorMs)
  await settleMoved(scope, moved)
  await runUnnest(scope, FORGET_BINDINGS, commits.flatMap(forgottenBindingsOf))
  await runUnnest(scope, SET_BINDINGS, commits.flatMap(bindingsOf))
  await runUnnest(scope, INSERT_EVENTS, commits.flatMap(eventsOf))
  const [grownNamed] = await pipelined([
    grown.write(scope),
    runUnnest(scope, SET_READINGS, commits.flatMap(readingsOf)),
    runUnnest(scope, UPDATE_ROUTERS, commits),
  ])
  return recordOthers(scope, outcomes, commits, [...named, ...grownNamed], at)
}

/** Splits changes of sessions into those that only grew, and all others. */
async function sorted(commits: readonly RouterCommit[], floorMs: number) {
  const grown = new GrownSessions(floorMs)
  return { grown, others: commits.flatMap(commit => sessionsOf(commit, grown.take(commit))) }
}
