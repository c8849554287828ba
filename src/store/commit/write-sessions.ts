import { namesADay } from '../../accounting/limits/others.ts'
import { DatabaseRefused } from '../pg/errors.ts'
import type { Scope } from '../pg/scope.ts'
import { askUnnest, runUnnest } from '../pg/unnest.ts'
import type { NamedDay } from './daily-names.ts'
import { INSERT_SESSIONS, type SessionChange, UPDATE_SESSIONS } from './session-statements.ts'
import { ADD_SHARES, type SessionShare } from './share-statement.ts'

/**
 * Writes sessions with their bytes to all four tables of sums.
 * @param floorMs buckets before this time are not written to `session_deltas`
 * @returns the days that have names beyond a router's budget
 * @throws DatabaseRefused if a session that is not new has no row, because it was set aside when it was new
 */
export async function writeSessions(
  scope: Scope,
  changes: readonly SessionChange[],
  floorMs: number,
): Promise<readonly NamedDay[]> {
  const { inserts, updates, shares } = rowsOf(changes)
  await runUnnest(scope, INSERT_SESSIONS, inserts)
  const updated = await runUnnest(scope, UPDATE_SESSIONS, updates)
  if (updated !== updates.length)
    throw new DatabaseRefused(`sessions without a row: ${updates.length - updated}`)
  return askUnnest(scope, ADD_SHARES, shares, [new Date(floorMs).toISOString()])
}

/** Splits changes into rows, router by router, so that neighbours in the batch are neighbours on disk. */
function rowsOf(changes: readonly SessionChange[]) {
  const inserts: SessionChange[] = []
  const updates: SessionChange[] = []
  const shares: SessionShare[] = []
  for (const change of changes) {
    const { tenant, router, session, limits } = change
    const mostNames = namesADay(limits)
    if (change.isNew) inserts.push(change)
    else updates.push(change)
    for (const share of change.shares.values()) shares.push({ tenant, router, session, share, mostNames })
  }
  return { inserts, updates, shares }
}
