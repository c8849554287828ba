import { Client } from 'pg'
import { isNothing } from '../../../src/accounting/bytes.ts'
import { type Comparison, compare, type Difference } from '../../system/daemon/compare.ts'
import { EXACT, isExact, isWithin, type Leeway } from './bound.ts'
import { tenantsOf } from './daemon-config.ts'
import type { FleetAccount, ListedRouter } from './fleet-messages.ts'
import { LIED_DOMAIN } from './liar.ts'

export interface EventCount {
  readonly kind: string
  readonly count: number
  readonly bytes: bigint
}

/**
 * The record compared with the routers' truth. A subscriber is held
 *
 *     to the byte    recorded = carried, unless one of their sessions ended or was reset where readings may have been
 *                    lost
 *     to a reading   otherwise: each such session may lack whole readings there, see `leewayOf`
 *     to a lie       if the last readings of a session lied, or a reset looks like a lie: short by at most their bytes,
 *                    and never more than the truth
 */
export interface Verdict {
  readonly comparison: Comparison
  readonly account: FleetAccount
  readonly events: readonly EventCount[]
  readonly recordedSessions: number
  readonly heldToTheByte: number
  readonly heldToAReading: number
  /** Subscribers who were lied about, or reset in a way that looks like a lie: a lie's readings may be missing. */
  readonly heldToALie: number
  /** Bytes lost to kills, and to lies. */
  readonly lostToKills: bigint
  readonly lostToLies: bigint
  /** Beyond any leeway. */
  readonly differences: readonly HeldDifference[]
  /** Within the leeway, where more than a reading may be missing. */
  readonly lookLikeLies: readonly HeldDifference[]
  readonly isTablesEqual: boolean
}

export interface HeldDifference extends Difference {
  readonly leeway: Leeway
}

export async function judge(
  databaseUrl: string,
  account: FleetAccount,
  routers: readonly ListedRouter[],
): Promise<Verdict> {
  const tenants = tenantsOf(routers)
  const truth = account.subscribers.map(it => ({ ...it, tenant: tenants.get(it.router) ?? '' }))
  const comparison = await compare(databaseUrl, truth, withoutDomain)
  const leeways = new Map(truth.map(it => [keyOf(it), it.leeway]))
  const all = comparison.differences.map(it => ({ ...it, leeway: leeways.get(keyOf(it)) ?? EXACT }))
  const explained = all.filter(it => isWithin(it.leeway, it.carried, it.recorded))
  const heldToALie = truth.filter(it => !isNothing(it.leeway.slack)).length
  const heldToAReading = truth.filter(it => isNothing(it.leeway.slack) && !isExact(it.leeway)).length
  const sums = new Set(Array.from(comparison.tables.values(), it => `${it.upload}/${it.download}`))
  const lookLikeLies = explained.filter(it => !isNothing(it.leeway.slack))
  return {
    ...{ comparison, account, heldToAReading, heldToALie },
    ...(await asked(databaseUrl)),
    heldToTheByte: truth.length - heldToAReading - heldToALie,
    lostToKills: shortOf(explained.filter(it => !lookLikeLies.includes(it))),
    lostToLies: shortOf(lookLikeLies),
    lookLikeLies,
    differences: all.filter(it => !explained.includes(it)),
    isTablesEqual: sums.size === 1,
  }
}

/** Missing bytes, in both directions. */
export function shortOf(differences: readonly Difference[]): bigint {
  return differences.reduce(
    (sum, { carried, recorded }) =>
      sum + carried.upload - recorded.upload + carried.download - recorded.download,
    0n,
  )
}

/** A subscriber who gets a domain in some reading is still the same one. */
function withoutDomain(username: string): string {
  const suffix = `@${LIED_DOMAIN}`
  return username.endsWith(suffix) ? username.slice(0, -suffix.length) : username
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
