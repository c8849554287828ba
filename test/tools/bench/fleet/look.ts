import { cpuMs, cpuMsOf, residentBytesOf } from '../measure.ts'
import type { DatabaseFigures } from './database-figures.ts'
import { Exposition } from './exposition.ts'
import { machineCpuMs, treeCpuMs } from './process-tree.ts'
import type { Stage } from './stage.ts'

/** Resources used so far, at one moment. */
export interface Look {
  readonly atMs: number
  readonly cpuMs: {
    readonly daemon: number
    readonly fleet: number
    readonly postgres: number
    readonly bench: number
    readonly machine: number
  }
  readonly residentBytes: number
  readonly walBytes: number
  readonly metrics: Exposition
}

/**
 * The daemon reports the delays of its event loop since the previous request. So the cost of answering the first of two
 * looks lies between them; a Prometheus asks more often.
 */
export async function lookAt(stage: Stage, database: DatabaseFigures): Promise<Look> {
  const { daemon, fleet, postgresPid } = stage.running
  const metrics = new Exposition(await daemon.metrics())
  return {
    metrics,
    walBytes: await database.walBytes(),
    residentBytes: residentBytesOf(daemon.pid),
    cpuMs: {
      daemon: cpuMsOf(daemon.pid),
      fleet: cpuMsOf(fleet.pid),
      postgres: treeCpuMs(postgresPid),
      bench: cpuMs(),
      machine: machineCpuMs(),
    },
    atMs: performance.now(),
  }
}
