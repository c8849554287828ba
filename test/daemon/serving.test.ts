import { createServer } from 'node:http'
import { resolve } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { Config } from '../../src/config/config.ts'
import { Secret } from '../../src/config/fields/secret.ts'
import type { Serving } from '../../src/daemon/serving.ts'
import { Metrics } from '../../src/runtime/metrics.ts'
import { servingOf } from '../auth/pusher-serving.ts'
import { SERVER } from '../feed/default-server.ts'
import { askSecurely } from '../harness/secure-client.ts'
import { listening } from '../runtime/listening.ts'
import { LogLines } from '../runtime/log-lines.ts'

const CERTIFICATES = resolve('test/harness/fleet/certificates')
const TOKEN = 'the-token-of-prometheus'
const AT = { host: '127.0.0.1', port: 0 }
const DAY_MS = 86_400_000

let serving: Serving | undefined

afterEach(async () => {
  await serving?.stop()
  serving = undefined
})

type Server = Config['server']

function serverWith(more: Partial<Server>): Server {
  return { ...SERVER, ...more }
}

function servingWith(server: Server, lines = new LogLines(), metrics = new Metrics()): Serving {
  serving = servingOf(
    { port: 0, origins: [], pusher: undefined },
    { config: { server, pusher: undefined, snapshots: { intervalMs: 3_600_000 } }, log: lines.log, metrics },
  )
  return serving
}

async function started(server: Server, lines?: LogLines, metrics?: Metrics): Promise<Serving> {
  const made = servingWith(server, lines, metrics)
  await made.start()
  return made
}

async function statusOf(port: number | undefined, path: string, token?: string): Promise<number> {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` }
  return (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).status
}

function tlsOf(name: string, hstsMs?: number): Server['tls'] {
  const [cert, key] = [`${name}.pem`, `${name}-key.pem`].map(file => resolve(CERTIFICATES, file))
  return { cert: cert ?? '', key: key ?? '', hstsMs }
}

test('the metrics are on the main port, for everyone, by default', async () => {
  const { port, metricsPort } = await started(SERVER)
  expect(metricsPort).toBeUndefined()
  expect(await statusOf(port, '/metrics')).toBe(200)
})

test('metrics with a port of their own are only there, and nothing else is', async () => {
  const { port, metricsPort, routes } = await started(serverWith({ metrics: { at: AT, token: undefined } }))
  expect(await statusOf(metricsPort, '/metrics')).toBe(200)
  expect(await statusOf(port, '/metrics')).toBe(404)
  for (const { path } of routes) expect([path, await statusOf(metricsPort, path)]).toEqual([path, 404])
  expect(await statusOf(port, '/healthz')).toBe(200)
})

test('metrics with a token require it, on either port', async () => {
  for (const at of [undefined, AT]) {
    const server = serverWith({ metrics: { at, token: new Secret(TOKEN) } })
    const its = await started(server)
    const port = its.metricsPort ?? its.port
    expect(await statusOf(port, '/metrics', TOKEN)).toBe(200)
    expect(await statusOf(port, '/metrics', `${TOKEN}!`)).toBe(401)
    expect(await statusOf(port, '/metrics')).toBe(401)
    await its.stop()
  }
})

test('a reload changes the token of the metrics, but not if it also moves them, which requires a restart', async () => {
  const its = await started(serverWith({ metrics: { at: undefined, token: new Secret(TOKEN) } }))
  its.apply({ server: serverWith({ metrics: { at: undefined, token: new Secret('another') } }) })
  expect(await statusOf(its.port, '/metrics', TOKEN)).toBe(401)
  expect(await statusOf(its.port, '/metrics', 'another')).toBe(200)
  its.apply({ server: serverWith({ metrics: { at: AT, token: undefined } }) })
  expect(await statusOf(its.port, '/metrics')).toBe(401)
  its.apply({ server: SERVER })
  expect(await statusOf(its.port, '/metrics')).toBe(200)
})

test('a start with the metrics’ port in use is rejected, with the key, and leaves nothing open', async () => {
  const taken = createServer()
  const port = await listening(taken)
  const its = servingWith(serverWith({ metrics: { at: { ...AT, port }, token: undefined } }))
  await expect(its.start()).rejects.toThrow(
    new RegExp(`^port ${port} of 127.0.0.1 is in use: .*, or change server.metrics.port$`),
  )
  await its.stop()
  expect(its.port).toBeUndefined()
  await new Promise(resolve => taken.close(resolve))
})

test('each answer tells browsers to use HTTPS only if the config says so, and a reload may change it', async () => {
  const its = await started(serverWith({ tls: tlsOf('server', 365 * DAY_MS) }))
  const hstsOf = async (path: string) =>
    (await askSecurely(its.port, path)).headers['strict-transport-security']
  for (const path of ['/healthz', '/api/usage', '/nowhere', '/ws', '/metrics?x=1'])
    expect([path, await hstsOf(path)]).toEqual([path, 'max-age=31536000'])
  its.apply({ server: serverWith({ tls: tlsOf('server', DAY_MS) }) })
  expect(await hstsOf('/healthz')).toBe('max-age=86400')
  its.apply({ server: serverWith({ tls: tlsOf('server') }) })
  expect(await hstsOf('/healthz')).toBeUndefined()
})

test('plain HTTP sends no HSTS, even if the config has HTTPS from the next start', async () => {
  const its = await started(SERVER)
  its.apply({ server: serverWith({ tls: tlsOf('server', DAY_MS) }) })
  const { headers } = await fetch(`http://127.0.0.1:${its.port}/healthz`)
  expect(headers.get('strict-transport-security')).toBeNull()
})

test('a reload loads the certificate, and the metrics show its expiry', async () => {
  const lines = new LogLines()
  const metrics = new Metrics()
  const its = await started(serverWith({ tls: tlsOf('server') }), lines, metrics)
  expect((await askSecurely(its.port, '/healthz')).serialNumber).toBe('02')
  its.apply({ server: serverWith({ tls: tlsOf('self-signed') }) })
  expect((await askSecurely(its.port, '/healthz')).serialNumber).toBe('03')
  expect(
    await metrics.registry.getSingleMetricAsString('tikmeter_tls_certificate_expiry_timestamp_seconds'),
  ).toContain(` ${Date.UTC(2120, 0) / 1_000}`)
  expect(lines.messages).toContain('certificate reloaded')
})
