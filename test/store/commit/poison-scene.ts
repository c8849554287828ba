import { expect } from 'vitest'
import type { CommitOutcome, RouterCommit } from '../../../src/recording/ports.ts'
import { rollupFaultsIn } from '../housekeeping/rollup-faults.ts'
import { type LedgerScene, NOON, openLedgerScene, sums } from '../pg/ledger-scene.ts'
import { type ReadRouter, readingAt, sessionAt } from './read-router.ts'

export const COMMITTED = { kind: 'committed' }
export const LOGIN_MS = NOON - 60_000

/** A store whose database can be made to refuse rows. */
export interface PoisonScene extends LedgerScene {
  /** Makes a table refuse rows for which the condition does not hold; one condition for each table. */
  poison(table: string, holds: string): Promise<void>
  /** Makes the tables accept all rows again. */
  cure(): Promise<void>
  commitOne(commit: RouterCommit): Promise<CommitOutcome | undefined>
  /** Expects each of the four tables to have exactly these bytes, up and down. */
  expectRecorded(bytes: number): Promise<void>
  setAsideDetails(): Promise<readonly unknown[]>
}

export async function openPoisonScene(): Promise<PoisonScene> {
  const scene = await openLedgerScene()
  const { store, database, ask } = scene
  const poisoned = new Set<string>()
  return {
    ...scene,
    async poison(table, holds) {
      await database.pool.query(`alter table ${table} add constraint poison check (${holds}) not valid`)
      poisoned.add(table)
    },
    async cure() {
      for (const table of poisoned) await database.pool.query(`alter table ${table} drop constraint poison`)
      poisoned.clear()
    },
    commitOne: async commit => [...(await store.commit([commit])).values()][0],
    async expectRecorded(bytes) {
      const sum = String(bytes)
      expect(await sums(scene)).toEqual([{ sessions: sum, deltas: sum, daily: sum, tenant_daily: sum }])
      expect(await rollupFaultsIn(database.pool)).toEqual([])
    },
    async setAsideDetails() {
      const rows = await ask(`select detail from ledger_events where kind = 'set_aside' order by id`)
      return rows.map(({ detail }) => detail)
    },
  }
}

/** Reads subscribers by name, `n` fifths of a minute after noon, each with these bytes up and twice as many down. */
export function readAt(
  router: ReadRouter,
  n: number,
  bytes: Readonly<Record<string, number>>,
  more: { readonly ipAddress?: string } = {},
): void {
  const atMs = NOON + n * 12_000
  const sessions = Object.entries(bytes).map(([name, upload]) =>
    sessionAt(atMs, LOGIN_MS, name, upload, 2 * upload, { routerSessionId: `0x-${name}`, ...more }),
  )
  router.read(readingAt(atMs, 'ppp', sessions))
}
