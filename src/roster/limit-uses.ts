import type { LimitUse } from '../accounting/limits/limit-use.ts'
import type { RouterHealth } from '../poller/router-health.ts'
import type { RouterBook } from '../recording/router-book.ts'

/** How much of each of its limits a router uses. The use of its bytes is that of the last poll. */
export function limitUsesOf(
  { crowding }: Pick<RouterBook, 'crowding'>,
  health: Pick<RouterHealth, 'budgetUse'> | undefined,
): readonly LimitUse[] {
  const bytes = health?.budgetUse
  if (!bytes) return crowding.uses
  return [...crowding.uses, { limit: 'bytes', used: bytes.usedBytes, allowed: bytes.mostBytes }]
}
