import { expect, test } from 'vitest'
import { routerId, tenantId } from '../../src/accounting/ids.ts'
import { type Measures, metricsRoute, Observed, type RouterMeasure } from '../../src/api/metrics.ts'

const HQ: RouterMeasure = {
  ...{ tenant: tenantId('acme'), router: routerId('hq'), isOnline: true },
  lastReadingAt: new Date('2026-11-24T12:00:00Z'),
  ...{ latencyMs: 12, failures: 0, skippedTicks: 3, tail: { upload: 100, download: 2000 } },
}

function page(routers: readonly RouterMeasure[]) {
  const measures: Measures = {
    routers: () => routers,
    feedConnections: () => 4,
    isDatabaseUp: () => false,
    journal: () => ({ isWriting: true, bytes: 1024, maxBytes: 1 << 30 }),
    eventLoop: () => ({ medianMs: 1, p99Ms: 4, worstMs: 20 }),
  }
  const observed = new Observed()
  observed.readingDurable(170)
  const route = metricsRoute(measures, observed)
  if (route.kind !== 'open') throw new Error('metrics need no token')
  return route.answer(new URLSearchParams())
}

test('what is measured of a router is told with its tenant and its id', async () => {
  const { body, contentType } = await page([HQ])
  expect(contentType).toContain('text/plain')
  expect(body).toContain('tikmeter_router_online{tenant="acme",router="hq"} 1')
  expect(body).toContain('tikmeter_router_last_reading_seconds{tenant="acme",router="hq"} 1795521600')
  expect(body).toContain('tikmeter_tail_download_bytes{tenant="acme",router="hq"} 2000')
})

test('what is not known is left out, and a router that went is no longer told of', async () => {
  const { body } = await page([{ ...HQ, lastReadingAt: undefined, latencyMs: undefined }])
  expect(body).not.toContain('tikmeter_router_last_reading_seconds{')
  expect(body).not.toContain('tikmeter_router_poll_seconds{')
  expect((await page([])).body).not.toContain('tikmeter_router_online{')
})

test('the daemon itself is measured too', async () => {
  const { body } = await page([])
  expect(body).toContain('tikmeter_feed_connections 4')
  expect(body).toContain('tikmeter_database_up 0')
  expect(body).toContain('tikmeter_journal_bytes 1024')
  expect(body).toContain('tikmeter_event_loop_delay_seconds{quantile="0.99"} 0.004')
  expect(body).toContain('tikmeter_event_loop_delay_seconds{quantile="1"} 0.02')
  expect(body).toContain('tikmeter_reading_durable_seconds_bucket{le="0.15"} 0')
  expect(body).toContain('tikmeter_reading_durable_seconds_bucket{le="0.2"} 1')
})
