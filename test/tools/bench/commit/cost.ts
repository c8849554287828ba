import { cpuMs, median } from '../measure.ts'
import type { BenchPostgres } from './bench-postgres.ts'
import { SESSIONS } from './steady-fleet.ts'

/** What it took to write all sessions once. */
export interface Cost {
  readonly sessionsPerSecond: number
  /** CPU for 1,000 sessions, of this process and of the server. */
  readonly nodeMs: number
  readonly postgresMs: number
  /** Of write-ahead log, a session. */
  readonly walBytes: number
}

/** @param sessions how many it writes */
export async function costOf(
  postgres: BenchPostgres,
  write: () => Promise<void>,
  sessions = SESSIONS,
): Promise<Cost> {
  const walBefore = await postgres.walBytes()
  const [nodeBefore, postgresBefore, startedMs] = [cpuMs(), postgres.cpuMs(), performance.now()]
  await write()
  const ms = performance.now() - startedMs
  const [nodeMs, postgresMs] = [cpuMs() - nodeBefore, postgres.cpuMs() - postgresBefore]
  return {
    sessionsPerSecond: (sessions / ms) * 1_000,
    nodeMs: (nodeMs / sessions) * 1_000,
    postgresMs: (postgresMs / sessions) * 1_000,
    walBytes: ((await postgres.walBytes()) - walBefore) / sessions,
  }
}

/** Of several rounds, each number for itself. */
export function medianCost(costs: readonly Cost[]): Cost {
  const medianOf = (of: (cost: Cost) => number) => median(costs.map(of))
  return {
    sessionsPerSecond: medianOf(it => it.sessionsPerSecond),
    nodeMs: medianOf(it => it.nodeMs),
    postgresMs: medianOf(it => it.postgresMs),
    walBytes: medianOf(it => it.walBytes),
  }
}
