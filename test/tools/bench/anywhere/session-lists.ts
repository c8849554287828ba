import { setTimeout as sleep } from 'node:timers/promises'
import type { SessionJson } from '../../../../src/live/snapshot.ts'
import { openFeed } from '../fleet/feed-clients.ts'
import type { TenantTruth } from './tenant-truth.ts'

interface Message {
  readonly type: string
  readonly sessions: readonly SessionJson[]
}

/** How a tenant's list of sessions came. */
export interface ListOutcome {
  readonly tookMs: number
  /** What is wrong with the last list; `undefined`: it is complete. */
  readonly fault: string | undefined
}

const COMPLETE_WITHIN_MS = 90_000
const LOOK_EVERY_MS = 50

/** Subscribes to a tenant's sessions at a daemon, and waits for a list with all of them and their bytes. */
export async function listSessions(port: number, tenant: string, truth: TenantTruth): Promise<ListOutcome> {
  const beganMs = performance.now()
  const socket = await openFeed(port, tenant)
  let fault: string | undefined = 'no list came'
  socket.on('message', data => {
    const { type, sessions }: Message = JSON.parse(String(data))
    if (type === 'sessions') fault = faultOf(sessions, truth)
  })
  try {
    socket.send(JSON.stringify({ type: 'subscribe', topics: ['sessions'] }))
    while (fault !== undefined && performance.now() - beganMs < COMPLETE_WITHIN_MS) await sleep(LOOK_EVERY_MS)
    return { tookMs: performance.now() - beganMs, fault }
  } finally {
    socket.close()
  }
}

function faultOf(sessions: readonly SessionJson[], truth: TenantTruth): string | undefined {
  const seen = new Set<string>()
  let wrong = 0
  for (const { service, router, username, upload, download } of sessions) {
    const key = `${service}/${router}/${username}`
    const bytes = truth.sessions.get(key)
    seen.add(key)
    if (bytes?.upload !== upload || bytes.download !== download) wrong++
  }
  const isComplete = seen.size === truth.sessions.size && sessions.length === seen.size && wrong === 0
  return isComplete
    ? undefined
    : `${sessions.length} sessions of ${truth.sessions.size}, ${seen.size} different ones, ${wrong} with other bytes`
}
