import { type RouterId, type RouterKey, routerId, type TenantId, tenantId } from '../../accounting/ids.ts'
import type { ListedRouters, Member, MemberLoad, Members, RouterLoads } from '../../roster/ports.ts'
import type { Database } from '../pg/database.ts'
import { asking } from '../pg/errors.ts'
import { rowKey } from '../pg/row-key.ts'
import { LEAVE, LISTS, LOADS, MEMBERS, RENEW_MEMBER } from './member-statements.ts'

export interface MemberStoreOptions {
  readonly database: Database
  /** This daemon's id. */
  readonly self: string
  /** Identifies this process among all with the daemon's id. */
  readonly incarnation: number
  readonly version: string
  /** How long the daemon counts as alive without a renewal. */
  readonly durationMs: number
}

interface MemberRow {
  readonly id: string
  readonly host: string
  readonly version: string | null
  readonly share: number
  readonly routers: number
  readonly sessions: number
  readonly list_digest: string
  readonly started_at: Date
  readonly seen_at: Date | null
  readonly is_live: boolean
  readonly left_ms: number
}

interface ListRow {
  readonly daemon_id: string
  readonly tenant_id: string
  readonly digest: string
  readonly routers: readonly string[]
}

interface LoadRow {
  readonly tenant_id: string
  readonly router_id: string
  readonly sessions: number
  readonly owner: string | null
}

/** The daemons in PostgreSQL. Every method throws DatabaseUnavailable if there is no answer. */
export class MemberStore implements Members {
  readonly #options: MemberStoreOptions

  constructor(options: MemberStoreOptions) {
    this.#options = options
  }

  async renew({ share, routers, sessions }: MemberLoad): Promise<void> {
    const { self, incarnation, version, durationMs, database } = this.#options
    const values = [self, incarnation, version, share, routers, sessions, durationMs]
    await asking('this daemon is not renewed', () => database.pool.query({ ...RENEW_MEMBER, values }))
  }

  async leave(): Promise<void> {
    const { self, incarnation, database } = this.#options
    await asking('this daemon is not signed off', () =>
      database.pool.query({ ...LEAVE, values: [self, incarnation] }),
    )
  }

  load(): Promise<readonly Member[]> {
    const { self, database } = this.#options
    return asking('daemons are not loaded', async () => {
      const { rows } = await database.pool.query<MemberRow>({ ...MEMBERS, values: [self] })
      return rows.map(row => ({
        ...{ id: row.id, host: row.host, version: row.version ?? undefined, share: row.share },
        ...{ routers: row.routers, sessions: row.sessions, listDigest: row.list_digest },
        ...{ startedAt: row.started_at, seenAt: row.seen_at ?? row.started_at, isLive: row.is_live },
        leftMs: row.left_ms,
      }))
    })
  }

  loadLists(ids: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<TenantId, ListedRouters>>> {
    return asking('the lists of daemons are not loaded', async () => {
      const { rows } = await this.#options.database.pool.query<ListRow>({ ...LISTS, values: [ids] })
      const lists = new Map<string, Map<TenantId, ListedRouters>>()
      /** Most daemons list the same routers, which are kept once. */
      const known = new Map<string, readonly RouterId[]>()
      for (const { daemon_id, tenant_id, digest, routers: names } of rows) {
        const routers = known.get(digest) ?? names.map(routerId)
        known.set(digest, routers)
        const ofDaemon = lists.get(daemon_id) ?? new Map<TenantId, ListedRouters>()
        lists.set(daemon_id, ofDaemon.set(tenantId(tenant_id), { digest, routers }))
      }
      return lists
    })
  }

  loadLoads(): Promise<RouterLoads> {
    return asking('the loads of routers are not loaded', async () => {
      const { rows } = await this.#options.database.pool.query<LoadRow>(LOADS)
      const sessions = new Map<RouterKey, number>()
      const owners = new Map<RouterKey, string>()
      for (const row of rows) {
        const key = rowKey(row.tenant_id, row.router_id)
        sessions.set(key, row.sessions)
        if (row.owner !== null) owners.set(key, row.owner)
      }
      return { sessions, owners }
    })
  }
}
