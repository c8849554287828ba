import type { Metrics } from '../runtime/metrics.ts'

/** Measures the feed, in both protocols. */
export function measureFeed(metrics: Metrics, feed: { readonly connections: number }): void {
  metrics.gauge('tikmeter_feed_connections', 'Open WebSocket connections.', () => feed.connections)
}
