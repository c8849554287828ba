import { Client } from 'pg'
import { type Comparison, compare, type Difference } from '../daemon/compare.ts'
import { EXACT, isExact, isWithin, type Leeway } from './bound.ts'
import { tenantsOf } from './daemon-config.ts'
import type { FleetAccount, ListedRouter } from './fleet-messages.ts'

export interface EventCount {
  readonly kind: string
  readonly count: number
  readonly bytes: bigint
}

/**
 * The record held against the routers' truth. A subscriber is held
 *
 *     to the byte    recorded = carried, unless a session of his ended, or was reset, where readings may have come to
 *                    nothing
 *     to a reading   else: to the byte too, but each such session up to one of the readings there, as `leewayOf` says
 */
export interface Verdict {
  readonly comparison: Comparison
  readonly account: FleetAccount
  readonly events: readonly EventCount[]
  readonly recordedSessions: number
  readonly heldToTheByte: number
  readonly heldToAReading: number
  /** Of those held to a reading, what the kills cost them. */
  readonly lostToKills: bigint
  /** Beyond any leeway. */
  readonly differences: readonly (Difference & { readonly leeway: Leeway })[]
  readonly isTablesEqual: boolean
}

export async function judge(
  databaseUrl: string,
  account: FleetAccount,
  routers: readonly ListedRouter[],
): Promise<Verdict> {
  const tenants = tenantsOf(routers)
  const truth = account.subscribers.map(it => ({ ...it, tenant: tenants.get(it.router) ?? '' }))
  const comparison = await compare(databaseUrl, truth)
  const leeways = new Map(truth.map(it => [keyOf(it), it.leeway]))
  const all = comparison.differences.map(it => ({ ...it, leeway: leeways.get(keyOf(it)) ?? EXACT }))
  const explained = all.filter(it => isWithin(it.leeway, it.carried, it.recorded))
  const heldToAReading = truth.filter(it => !isExact(it.leeway)).length
  const sums = new Set(Array.from(comparison.tables.values(), it => `${it.upload}/${it.download}`))
  return {
    ...{ comparison, account, heldToAReading },
    ...(await asked(databaseUrl)),
    heldToTheByte: truth.length - heldToAReading,
    lostToKills: explained.reduce(
      (sum, { carried, recorded }) =>
        sum + carried.upload - recorded.upload + carried.download - recorded.download,
      0n,
    ),
    differences: all.filter(it => !explained.includes(it)),
    isTablesEqual: sums.size === 1,
  }
}

async function asked(databaseUrl: string): Promise<Pick<Verdict, 'events' | 'recordedSessions'>> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const events = await client.query<{ kind: string; count: string; bytes: string | null }>(
      `select kind || coalesce(', ' || case kind when 'discarded' then detail->>'reason' end, '') as kind, count(*) as count, sum((detail->>'upload')::numeric + (detail->>'download')::numeric) as bytes
         from ledger_events group by 1 order by 1`,
    )
    const sessions = await client.query<{ count: string }>('select count(*) as count from user_sessions')
    return {
      events: events.rows.map(({ kind, count, bytes }) => ({
        ...{ kind, count: Number(count), bytes: BigInt(bytes ?? 0) },
      })),
      recordedSessions: Number(sessions.rows[0]?.count ?? 0),
    }
  } finally {
    await client.end()
  }
}

function keyOf(it: { tenant: string; router: string; service: string; username: string }): string {
  return JSON.stringify([it.tenant, it.router, it.service, it.username])
}
