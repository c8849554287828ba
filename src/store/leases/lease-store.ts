import { type RouterKey, routerKey } from '../../accounting/ids.ts'
import type { RouterRef } from '../../recording/ports.ts'
import type { Leases, NewerDaemon, Offer } from '../../roster/ports.ts'
import type { Database } from '../pg/database.ts'
import { asking } from '../pg/errors.ts'
import { rowKey } from '../pg/row-key.ts'
import {
  BEGIN_LEASES,
  LEFT,
  NEWER,
  OFFERS,
  ORPHANS,
  RELEASE_LEASES,
  RENEW_LEASES,
  TAKE_LEASES,
} from './lease-statements.ts'

export interface LeaseStoreOptions {
  readonly database: Database
  /** This daemon's id. It is kept across restarts and shared with no other daemon. */
  readonly owner: string
  /** Identifies this process among all with the daemon's id. The newest has the greatest. */
  readonly incarnation: number
  /** How long a lease holds without a renewal. */
  readonly durationMs: number
  /**
   * The epoch under which this daemon last journaled a router; 0 if it is not known. Epochs go on growing even if the
   * database was restored from a backup that has smaller ones.
   */
  readonly epochOf: (router: RouterKey) => number
}

interface NewerRow {
  readonly host: string
  readonly started_at: Date
}

interface TakenRow extends KeyRow {
  readonly epoch: string
}

interface KeyRow {
  readonly tenant_id: string
  readonly router_id: string
}

interface OfferRow extends KeyRow {
  readonly owner: string
}

/** The leases in PostgreSQL. Every method throws DatabaseUnavailable if there is no answer. */
export class LeaseStore implements Leases {
  readonly #options: LeaseStoreOptions

  constructor(options: LeaseStoreOptions) {
    this.#options = options
  }

  /**
   * Takes the leases that nobody has, that have expired, or that this owner has from an earlier run. Never ask for one
   * that is held: whatever is under way with the old epoch is lost. Takes none if a newer process has this owner's id.
   * Waits for commits of the previous owners, so what is loaded afterwards has all that they will ever write.
   * @returns the epochs of the routers that were taken; a router that the database does not know never is
   */
  acquire(routers: readonly RouterRef[]): Promise<ReadonlyMap<RouterKey, number>> {
    const { owner, incarnation, durationMs, database, epochOf } = this.#options
    const { pool } = database
    const keys = [routers.map(({ tenant }) => tenant), routers.map(({ router }) => router)]
    return asking('leases are not taken', async () => {
      await pool.query({ ...BEGIN_LEASES, values: keys })
      const epochs = routers.map(({ tenant, router }) => epochOf(routerKey(tenant, router)))
      const values = [...keys, owner, durationMs, incarnation, epochs]
      const { rows } = await pool.query<TakenRow>({ ...TAKE_LEASES, values })
      return new Map(rows.map(row => [rowKey(row.tenant_id, row.router_id), Number(row.epoch)]))
    })
  }

  /**
   * Prolongs the leases that are still ours at their epoch, even if they have expired, as long as nobody took them.
   * @param sessions of each router, stored with its lease
   * @returns the routers that are still ours; all others are lost
   */
  renew(
    leases: ReadonlyMap<RouterKey, number>,
    sessions: ReadonlyMap<RouterKey, number> = new Map(),
  ): Promise<ReadonlySet<RouterKey>> {
    const { owner, durationMs, database } = this.#options
    const keys = [...leases.keys()]
    const values = [keys, [...leases.values()], owner, keys.map(key => sessions.get(key) ?? 0), durationMs]
    return asking('leases are not renewed', async () =>
      keysIn(await database.pool.query<KeyRow>({ ...RENEW_LEASES, values })),
    )
  }

  /**
   * Lets others take them at once. Call it when all of them is committed and none is read any longer.
   * @param successorOf the daemon to which a router is reserved for the duration of a lease; `undefined`: to none
   */
  release(
    leases: ReadonlyMap<RouterKey, number>,
    successorOf: (router: RouterKey) => string | undefined = () => undefined,
  ): Promise<void> {
    const { owner, durationMs, database } = this.#options
    const keys = [...leases.keys()]
    const successors = keys.map(key => successorOf(key) ?? null)
    const values = [keys, [...leases.values()], owner, successors, durationMs]
    return asking('leases are not released', async () => {
      await database.pool.query({ ...RELEASE_LEASES, values })
    })
  }

  /** The routers that were released to a daemon, this one or another, and that it has not taken yet. */
  offers(): Promise<readonly Offer[]> {
    const { owner, database } = this.#options
    return asking('released leases are not looked for', async () => {
      const { rows } = await database.pool.query<OfferRow>(OFFERS)
      return rows.map(({ tenant_id, router_id, owner: to }) => {
        return { router: rowKey(tenant_id, router_id), to, isOurs: to === owner }
      })
    })
  }

  /** The routers that this owner has from an earlier run. */
  left(): Promise<readonly RouterKey[]> {
    const { owner, database } = this.#options
    return asking('earlier leases are not looked for', async () => [
      ...keysIn(await database.pool.query<KeyRow>({ ...LEFT, values: [owner] })),
    ])
  }

  /** The routers whose leases expired longer ago than a lease holds. */
  orphans(): Promise<readonly RouterKey[]> {
    const { durationMs, database } = this.#options
    return asking('expired leases are not looked for', async () => [
      ...keysIn(await database.pool.query<KeyRow>({ ...ORPHANS, values: [durationMs] })),
    ])
  }

  /** The newest process with this owner's id, if it is not this one. */
  newer(): Promise<NewerDaemon | undefined> {
    const { owner, incarnation, database } = this.#options
    return asking('newer daemons are not looked for', async () => {
      const { rows } = await database.pool.query<NewerRow>({ ...NEWER, values: [owner, incarnation] })
      const [newer] = rows
      return newer && { host: newer.host, startedAt: newer.started_at }
    })
  }
}

function keysIn({ rows }: { readonly rows: readonly KeyRow[] }): ReadonlySet<RouterKey> {
  return new Set(rows.map(row => rowKey(row.tenant_id, row.router_id)))
}
