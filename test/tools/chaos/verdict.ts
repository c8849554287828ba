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
 * The record held against the routers' truth. A subscriber is held
 *
 *     to the byte    recorded = carried, unless a session of his ended, or was reset, where readings may have come to
 *                    nothing
 *     to a reading   else: to the byte too, but each such session up to one of the readings there, as `leewayOf` says
 *     to a lie       where the last readings of a session lied, or a reset is like a lie: short by what those carried at
 *                    most, and never more than the truth
 */
export interface Verdict {
  readonly comparison: Comparison
  readonly account: FleetAccount
  readonly events: readonly EventCount[]
  readonly recordedSessions: number
  readonly heldToTheByte: number
  readonly heldToAReading: number
  /** Who was lied about, or reset so that nobody can tell: a lie's readings may be missing, and no byte be too many. */
  readonly heldToALie: number
  /** What kills cost, and lies. */
  readonly lostToKills: bigint
  readonly lostToLies: bigint
  /** Beyond any leeway. */
  readonly differences: readonly HeldDifference[]
  /** Within it, where more than a reading is allowed for. */
  readonly notToldFromLies: readonly HeldDifference[]
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
  const notToldFromLies = explained.filter(it => !isNothing(it.leeway.slack))
  return {
    ...{ comparison, account, heldToAReading, heldToALie },
    ...(await asked(databaseUrl)),
    heldToTheByte: truth.length - heldToAReading - heldToALie,
    lostToKills: shortOf(explained.filter(it => !notToldFromLies.includes(it))),
    lostToLies: shortOf(notToldFromLies),
    notToldFromLies,
    differences: all.filter(it => !explained.includes(it)),
    isTablesEqual: sums.size === 1,
  }
}

/** Bytes that are missing, of both directions. */
export function shortOf(differences: readonly Difference[]): bigint {
  return differences.reduce(
    (sum, { carried, recorded }) =>
      sum + carried.upload - recorded.upload + carried.download - recorded.download,
    0n,
  )
}

/** Who has a domain from some reading on is who he was. */
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
