import { type RouterKey, routerId, routerKey, tenantId } from '../../accounting/ids.ts'
import type { RouterRef } from '../../recording/ports.ts'
import type { Leases, NewerDaemon } from '../../roster/ports.ts'
import type { Database } from '../pg/database.ts'
import { asStoreError } from '../pg/errors.ts'
import { BEGIN_LEASES, NEWER, RELEASE_LEASES, RENEW_LEASES, TAKE_LEASES } from './lease-statements.ts'

export interface LeaseStoreOptions {
  readonly database: Database
  /** This daemon's id, which it keeps over restarts and shares with no other. */
  readonly owner: string
  /** This process among all of its id: the newest has the greatest. */
  readonly incarnation: number
  /** For how long a lease holds without a renewal. */
  readonly durationMs: number
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

/** Which routers are this daemon's. Every method throws DatabaseUnavailable where there is no answer. */
export class LeaseStore implements Leases {
  readonly #options: LeaseStoreOptions

  constructor(options: LeaseStoreOptions) {
    this.#options = options
  }

  /**
   * Takes those routers whose lease is nobody's, has expired, or is this owner's already (of an earlier run, since
   * whatever is under way with the old epoch is lost by it: so never ask for one that is held). None, where a newer process has this owner's id. Waits for commits
   * of those who had them, so what is loaded afterwards has all that they will ever write.
   * @returns the epochs of the routers that were taken; one that the database doesn't know never is
   */
  acquire(routers: readonly RouterRef[]): Promise<ReadonlyMap<RouterKey, number>> {
    const keys = [routers.map(({ tenant }) => tenant), routers.map(({ router }) => router)]
    return this.#ask(
      'leases are not taken',
      async ({ database: { pool }, owner, incarnation, durationMs }) => {
        await pool.query({ ...BEGIN_LEASES, values: keys })
        const values = [...keys, owner, durationMs, incarnation]
        const { rows } = await pool.query<TakenRow>({ ...TAKE_LEASES, values })
        return new Map(rows.map(row => [keyOf(row), Number(row.epoch)]))
      },
    )
  }

  /**
   * Prolongs those that are still ours at that epoch; also one that has expired, as long as nobody took it.
   * @returns the routers that are still ours; all others are lost
   */
  renew(leases: ReadonlyMap<RouterKey, number>): Promise<ReadonlySet<RouterKey>> {
    return this.#ask('leases are not renewed', async ({ database: { pool }, owner, durationMs }) => {
      const values = [[...leases.keys()], [...leases.values()], owner, durationMs]
      const { rows } = await pool.query<KeyRow>({ ...RENEW_LEASES, values })
      return new Set(rows.map(keyOf))
    })
  }

  /** Lets others take them at once; when all of them is committed and none is read any more. */
  release(leases: ReadonlyMap<RouterKey, number>): Promise<void> {
    return this.#ask('leases are not released', async ({ database: { pool }, owner }) => {
      await pool.query({ ...RELEASE_LEASES, values: [[...leases.keys()], [...leases.values()], owner] })
    })
  }

  /** The process that has this owner's id now, where it is another one than this. */
  newer(): Promise<NewerDaemon | undefined> {
    return this.#ask(
      'newer daemons are not looked for',
      async ({ database: { pool }, owner, incarnation }) => {
        const { rows } = await pool.query<NewerRow>({ ...NEWER, values: [owner, incarnation] })
        const [newer] = rows
        return newer && { host: newer.host, startedAt: newer.started_at }
      },
    )
  }

  async #ask<T>(whatIsNot: string, question: (options: LeaseStoreOptions) => Promise<T>): Promise<T> {
    try {
      return await question(this.#options)
    } catch (error) {
      throw asStoreError(whatIsNot, error)
    }
  }
}

function keyOf({ tenant_id, router_id }: KeyRow): RouterKey {
  return routerKey(tenantId(tenant_id), routerId(router_id))
}
