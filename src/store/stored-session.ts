import { sessionId } from '../accounting/ids.ts'
import type { Mark, Session } from '../accounting/session.ts'
import type { userSessions } from './schema.ts'
import { storableBytes } from './storable.ts'

export type SessionRow = typeof userSessions.$inferSelect

/** An open session as the ledger has it; instants of the steady clock are anchored to the wall. */
export function sessionOf(row: SessionRow): Session {
  return {
    id: sessionId(row.id),
    service: row.service,
    protocol: row.protocol,
    username: row.username,
    server: row.server ?? undefined,
    macAddress: row.macAddress ?? undefined,
    ipAddress: row.ipAddress ?? undefined,
    routerSessionId: row.routerSessionId ?? undefined,
    callerId: row.callerId ?? undefined,
    binding: row.binding ?? undefined,
    startMs: row.startTime.getTime(),
    login: { earliestMs: row.loginEarliestAt.getTime(), latestMs: row.loginLatestAt.getTime() },
    mark: markOf(row),
    recorded: { upload: storableBytes(row.dataUpload), download: storableBytes(row.dataDownload) },
    lastMovedMs: row.lastMovedAt.getTime(),
    isStallReported: row.stallReported,
  }
}

function markOf({ counterUpload, counterDownload, countedSince, owedFrom }: SessionRow): Mark {
  if (counterUpload === null || counterDownload === null)
    return { kind: 'owed', from: owedFrom ?? 'baseline' }
  const counters = { upload: storableBytes(counterUpload), download: storableBytes(counterDownload) }
  return { kind: 'counted', counters, sinceMs: countedSince?.getTime() }
}
