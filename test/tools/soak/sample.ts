import { readdir } from 'node:fs/promises'
import { Exposition } from '../bench/fleet/exposition.ts'
import type { Stage } from '../bench/fleet/stage.ts'
import { residentBytesOf } from '../bench/measure.ts'

/** The daemon's resources at one moment, in seconds since its start. */
export interface Sample {
  readonly seconds: number
  readonly residentBytes: number
  /** Without the sockets of clients that come and go. */
  readonly files: number
  /** Likewise; `undefined` if `/metrics` lacks it. */
  readonly handles: number | undefined
}

export async function sample(stage: Stage): Promise<Sample> {
  const { daemon, fleet } = stage.running
  const metrics = new Exposition(await daemon.metrics())
  const visitors = (await fleet.connected()) + (metrics.value('tikmeter_feed_connections') ?? 0)
  const files = (await readdir(`/proc/${daemon.pid}/fd`)).length
  const handles = metrics.value('nodejs_active_handles_total')
  return {
    seconds: daemon.upSeconds,
    residentBytes: residentBytesOf(daemon.pid),
    files: files - visitors,
    handles: handles === undefined ? undefined : handles - visitors,
  }
}
