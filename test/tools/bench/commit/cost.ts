import { cpuMs, median } from '../measure.ts'
import type { BenchPostgres } from './bench-postgres.ts'
import { SESSIONS } from './steady-fleet.ts'

/** The cost of writing all sessions once. */
export interface Cost {
  readonly sessionsPerSecond: number
  /** CPU per 1,000 sessions, of this process and of the server. */
  readonly nodeMs: number
  readonly postgresMs: number
  /** Write-ahead log per session. */
  readonly walBytes: number
}

/** @param sessions number of sessions that it writes */
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

/** The median over several rounds, for each number separately; the mean of this process's CPU. */
export function medianCost(costs: readonly Cost[]): Cost {
  const medianOf = (of: (cost: Cost) => number) => median(costs.map(of))
  return {
    sessionsPerSecond: medianOf(it => it.sessionsPerSecond),
    // Garbage collections fall in some of the rounds.
    nodeMs: costs.reduce((sum, it) => sum + it.nodeMs, 0) / costs.length,
    postgresMs: medianOf(it => it.postgresMs),
    walBytes: medianOf(it => it.walBytes),
  }
}
