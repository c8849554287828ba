import { createLogger } from '../../../src/runtime/logger.ts'
import type { DecisionOutcome, EventDecision } from '../../../src/store/events/decide-event.ts'
import { decideOnce } from '../../../src/store/events/decide-once.ts'
import { ReadRouter, readingAt, sessionAt } from '../commit/read-router.ts'
import { type LedgerScene, NOON } from '../pg/ledger-scene.ts'

/** What amina's session moved in its last reading, which no link carries in five seconds. */
export const BURST = { upload: 40_000_000_000n, download: 7n }
/** 15:00 in Nairobi. */
export const BURST_AT = NOON

/** Commits a session of acme's hq, of 1,000 bytes up and 2,000 down, and a burst of it that was quarantined: event 1. */
export async function quarantineBurst(scene: LedgerScene): Promise<ReadRouter> {
  const hq = new ReadRouter('acme', 'hq')
  const read = (atMs: number, upload: number, download: number) =>
    hq.read(readingAt(atMs, 'ppp', [sessionAt(atMs, BURST_AT - 60_000, 'amina', upload, download)]))
  read(BURST_AT - 5_000, 1_000, 2_000)
  read(BURST_AT, 1_000 + Number(BURST.upload), 2_000 + Number(BURST.download))
  await scene.store.commit([hq.takeCommit()])
  return hq
}

/** Decides like the command. */
export function decide(
  { url }: Pick<LedgerScene, 'url'>,
  event: string | number,
  decision: EventDecision['decision'],
  more: Partial<EventDecision> = {},
): Promise<DecisionOutcome> {
  const log = createLogger('silent')
  return decideOnce({ url, log }, { ...DECISION, event: String(event), decision, ...more })
}

export const DECISION: EventDecision = {
  ...{ event: '1', decision: 'accepted', reason: 'a backup', by: 'ops', bucketMs: 900_000 },
}

/** An event as a daemon would have written it. @returns its id */
export async function addEvent(
  { database }: LedgerScene,
  kind: string,
  detail: object | string,
  { tenant = 'acme', router = 'hq', at = '2026-11-24T12:00:00Z' } = {},
): Promise<number> {
  const { rows } = await database.pool.query<{ id: string }>(
    'insert into ledger_events (tenant_id, router_id, at, kind, detail) values ($1, $2, $3, $4, $5) returning id',
    [tenant, router, at, kind, typeof detail === 'string' ? detail : JSON.stringify(detail)],
  )
  return Number(rows[0]?.id)
}

export async function sessionOf({ ask }: LedgerScene, username: string): Promise<string> {
  const [row] = await ask(`select id from user_sessions where username = '${username}'`)
  return String(row?.['id'])
}
