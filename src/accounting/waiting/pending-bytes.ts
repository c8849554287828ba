import { type ByteSum, Total } from '../bytes.ts'
import type { GrownRows } from '../columns/grown-rows.ts'
import type { PendingSession } from './pending-session.ts'

type SharesById = ReadonlyMap<unknown, Pick<PendingSession, 'shares'>>

/** The waiting sessions of a `Pending`: all of them, and the same in two parts if some are in columns. */
interface WaitingSessions {
  readonly sessions: SharesById
  readonly inColumns?: { readonly changed: SharesById; readonly grown: readonly Pick<GrownRows, 'addTo'>[] }
}

/** The bytes of all that waits, without an object for each session that only grew. */
export function bytesIn(pending: WaitingSessions): ByteSum {
  const total = new Total()
  const { changed, grown } = pending.inColumns ?? { changed: pending.sessions, grown: [] }
  for (const { shares } of changed.values())
    for (const share of shares.values()) total.add(share.upload, share.download)
  for (const rows of grown) rows.addTo(total)
  return total.sum
}
