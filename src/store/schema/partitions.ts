import type { Pool } from 'pg'
import { inTransaction } from '../pg/transaction.ts'

const DAY_MS = 24 * 60 * 60_000
const WEEK_MS = 7 * DAY_MS
/** 1970-01-05, the first Monday. */
const MONDAY_MS = 4 * DAY_MS
/** How many weeks ahead partitions are made. */
const WEEKS_AHEAD = 2

/** Any number that nothing else in the database uses. */
const PARTITION_LOCK = 7_420_318_554

/** The Monday, 0:00 UTC, of the week that contains `ms`. A partition begins there. */
export function weekOf(ms: number): number {
  return Math.floor((ms - MONDAY_MS) / WEEK_MS) * WEEK_MS + MONDAY_MS
}

export function weekAfter(weekMs: number): number {
  return weekMs + WEEK_MS
}

/** `session_deltas_20261123` */
export function partitionName(weekMs: number): string {
  return `session_deltas_${new Date(weekMs).toISOString().slice(0, 10).replaceAll('-', '')}`
}

/** The week of a partition, from its name; `undefined` if the name is not a partition's. */
export function partitionWeek(name: string): number | undefined {
  const [, year, month, day] = /^session_deltas_(\d{4})(\d\d)(\d\d)$/.exec(name) ?? []
  const ms = Date.parse(`${year}-${month}-${day}T00:00:00Z`)
  return Number.isNaN(ms) ? undefined : ms
}

/** Makes the partitions of this week and the next two, if they are missing. */
export async function makePartitions(pool: Pool, now: Date): Promise<void> {
  const week = weekOf(now.getTime())
  for (let ahead = 0; ahead <= WEEKS_AHEAD; ahead++) await makePartition(pool, week + ahead * WEEK_MS)
}

/** Makes partitions on demand, and remembers which exist. */
export class Partitions {
  readonly #pool: Pool
  readonly #known = new Set<number>()

  constructor(pool: Pool) {
    this.#pool = pool
  }

  /** Makes missing partitions, outside of the transaction that needs them. */
  async ensure(weeks: ReadonlySet<number>): Promise<void> {
    for (const week of weeks) {
      if (this.#known.has(week)) continue
      await makePartition(this.#pool, week)
      this.#known.add(week)
    }
  }

  /** Forgets which partitions exist. Called after a failure, because retention may have dropped one. */
  forget(): void {
    this.#known.clear()
  }
}

/**
 * Pages are filled half, so that updates of a commit stay in their page and are heap-only. Later updates clear away the
 * dead rows that they leave, so vacuum and analyze have little to do.
 */
const STORAGE =
  'fillfactor = 50, autovacuum_vacuum_threshold = 1000000, autovacuum_vacuum_scale_factor = 0.1, autovacuum_analyze_scale_factor = 10'

/** Makes a table and then attaches it, because `create table … partition of` would lock out all readers. */
async function makePartition(pool: Pool, weekMs: number): Promise<void> {
  const name = partitionName(weekMs)
  const from = new Date(weekMs).toISOString()
  const to = new Date(weekAfter(weekMs)).toISOString()
  await inTransaction(pool, 'read committed', async client => {
    await client.query('select pg_advisory_xact_lock($1)', [PARTITION_LOCK])
    const attached = await client.query(
      `select from pg_inherits where inhrelid = to_regclass('tik.' || $1::text)`,
      [name],
    )
    if (attached.rowCount) return
    await client.query(
      `create table if not exists tik.${name} (like tik.session_deltas including all) with (${STORAGE})`,
    )
    await client.query(
      `alter table tik.session_deltas attach partition tik.${name} for values from ('${from}') to ('${to}')`,
    )
  })
}
