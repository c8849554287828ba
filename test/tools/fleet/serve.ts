import { createFleet } from '../../harness/fleet/fleet.ts'

/**
 * Simulated routers at fixed ports, from 8728 on, whose subscribers come and go, until SIGTERM: the demo's routers in
 * compose.yaml, and those that the image and the `.deb` are tried with.
 *     HOST=127.0.0.1 ROUTERS=2 tsx test/tools/fleet/serve.ts
 */

const FIRST_PORT = 8728
const EVENTS_PER_SECOND = 2

const host = process.env['HOST'] ?? '0.0.0.0'
const count = Number(process.env['ROUTERS'] ?? 2)

const stopping = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort())
const fleets = Array.from({ length: count }, (_, number) =>
  createFleet({
    ...{ seed: number + 1, routers: 1, hotspotSessions: 20, pppSessions: 20 },
    router: { ...{ host, port: FIRST_PORT + number }, identity: `router-${number + 1}`, serial: undefined },
  }),
)
await Promise.all(fleets.map(it => it.start()))
for (const router of fleets.flatMap(it => it.routers))
  console.log(`${router.identity} ${host}:${router.port}`)
await Promise.all(fleets.map(it => it.churn(stopping.signal, EVENTS_PER_SECOND)))
await Promise.all(fleets.map(it => it.stop()))
