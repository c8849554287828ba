import { SUBJECTS } from '../bus/bus.ts'
import { measureBus } from '../bus/bus-metrics.ts'
import { LiveExchange } from '../bus/live-exchange.ts'
import type { NatsBus } from '../bus/nats-bus.ts'
import type { Config } from '../config/config.ts'
import { busAccessOf } from '../config/revealed.ts'
import type { TenantBoard } from '../recording/tenant-board.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { Storage } from './storage.ts'

export interface BusPartsOptions {
  readonly config: Pick<Config, 'bus' | 'snapshots'>
  readonly storage: Pick<Storage, 'owner'>
  readonly board: TenantBoard
  /** Of this process: greater than that of any earlier one with its id. */
  readonly incarnation: number
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Logger
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

/** The parts that exchange live numbers with the other daemons. None is started. */
export interface BusParts {
  readonly bus: NatsBus
  readonly exchange: LiveExchange
  /** Tells the other daemons that there are new alerts. */
  readonly tellOfAlerts: () => void
  /** Listens to what other daemons tell of alerts. */
  readonly onAlerts: (look: () => void) => void
}

/** @returns `undefined` if the config has no bus */
export async function busParts(options: BusPartsOptions): Promise<BusParts | undefined> {
  const { config, storage, board, incarnation: run, metrics, clock, log, onBug } = options
  if (!config.bus) return undefined
  const { owner: self } = storage
  // Loaded only where there is a bus, because it takes time.
  const { NatsBus } = await import('../bus/nats-bus.ts')
  const bus = new NatsBus({
    ...{ ...busAccessOf(config.bus), name: `tikmeter ${self}` },
    ...{ clock, log, onBug },
  })
  const { intervalMs } = config.snapshots
  const exchange = new LiveExchange({ bus, board, self, run, intervalMs, clock, onBug })
  measureBus(metrics, bus, exchange)
  return {
    ...{ bus, exchange },
    tellOfAlerts: () => bus.publish(SUBJECTS.alerts, new Uint8Array()),
    onAlerts: look => void bus.subscribe(SUBJECTS.alerts, look),
  }
}
