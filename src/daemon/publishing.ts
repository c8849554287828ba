import type { Config } from '../config/config.ts'
import { publishAccessOf } from '../config/revealed.ts'
import type { SnapshotSource } from '../feed/frames.ts'
import { PublishMetrics } from '../feed/pusher/publish-metrics.ts'
import { Publisher } from '../feed/pusher/publisher.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { Sender } from '../runtime/post/sender.ts'
import { VERSION } from '../runtime/version.ts'
import type { FirstRouters } from './first-routers.ts'

export interface PublishingOptions {
  readonly config: Pick<Config, 'publish' | 'snapshots'>
  readonly source: Pick<SnapshotSource, 'tenants' | 'snapshot'>
  readonly firsts: FirstRouters
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Logger
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

/** The publisher of the config, which is not started; `undefined` if there is none. */
export function publisherOf(options: PublishingOptions): Publisher | undefined {
  const { config, firsts, metrics, ...shared } = options
  const { publish, snapshots } = config
  if (publish === undefined) return undefined
  const { tenants } = publish
  const { clock } = shared
  const publisher: Publisher = new Publisher({
    ...shared,
    app: publishAccessOf(publish),
    isOurs: tenant => firsts.isOurs(tenant) && (tenants === undefined || tenants.has(tenant)),
    sender: new Sender({ version: VERSION, clock }),
    intervalMs: snapshots.intervalMs,
    random: Math.random,
    observer: new PublishMetrics(metrics, () => publisher.isUp),
  })
  return publisher
}
