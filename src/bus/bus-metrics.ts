import type { Metrics } from '../runtime/metrics.ts'
import type { LiveExchange } from './live-exchange.ts'
import type { NatsBus } from './nats-bus.ts'

/** Measures the bus, if there is one. */
export function measureBus(
  metrics: Metrics,
  bus: Pick<NatsBus, 'isUp' | 'published' | 'publishedBytes' | 'received'>,
  exchange: Pick<LiveExchange, 'listening'>,
): void {
  metrics.gauge('tikmeter_bus_up', 'Whether live numbers are exchanged with other daemons.', () =>
    Number(bus.isUp),
  )
  metrics.gauge(
    'tikmeter_bus_tenants',
    'Tenants whose numbers of other daemons are received.',
    () => exchange.listening,
  )
  metrics.counters('tikmeter_bus_messages_total', 'Messages on the bus.', ['direction'], () => [
    [{ direction: 'published' }, bus.published],
    [{ direction: 'received' }, bus.received],
  ])
  metrics.counters('tikmeter_bus_published_bytes_total', 'Bytes of published messages.', [], () => [
    [{}, bus.publishedBytes],
  ])
}
