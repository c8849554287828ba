import { cpuMs, cpuMsOf, residentBytesOf } from '../measure.ts'
import type { DatabaseFigures } from './database-figures.ts'
import { Exposition } from './exposition.ts'
import { machineCpuMs, treeCpuMs } from './process-tree.ts'
import type { Stage } from './stage.ts'

/** Resources used so far, at one moment. */
export interface Look {
  readonly atMs: number
  readonly cpuMs: {
    /** Of all daemons. */
    readonly daemon: number
    readonly fleet: number
    readonly postgres: number
    readonly bench: number
    readonly machine: number
  }
  /** Of all daemons. */
  readonly residentBytes: number
  readonly walBytes: number
  /** CPU time of each daemon, in milliseconds. */
  readonly daemonsMs: readonly number[]
  /** Of each daemon. */
  readonly metrics: readonly Exposition[]
}

/**
 * A daemon reports the delays of its event loop since the previous request. So the cost of answering the first of two
 * looks lies between them; a Prometheus asks more often.
 */
export async function lookAt(stage: Stage, database: DatabaseFigures): Promise<Look> {
  const { daemons, fleet, postgresPid } = stage.running
  const metrics: Exposition[] = []
  for (const daemon of daemons) metrics.push(new Exposition(await daemon.metrics()))
  const daemonsMs = daemons.map(({ pid }) => cpuMsOf(pid))
  return {
    metrics,
    daemonsMs,
    walBytes: await database.walBytes(),
    residentBytes: residentBytesOfAll(daemons),
    cpuMs: {
      daemon: daemonsMs.reduce((sum, it) => sum + it, 0),
      fleet: cpuMsOf(fleet.pid),
      postgres: treeCpuMs(postgresPid),
      bench: cpuMs(),
      machine: machineCpuMs(),
    },
    atMs: performance.now(),
  }
}

export function residentBytesOfAll(daemons: Stage['running']['daemons']): number {
  return daemons.reduce((sum, { pid }) => sum + residentBytesOf(pid), 0)
}
