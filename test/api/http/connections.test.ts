import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import type { Route } from '../../../src/api/http/routes.ts'
import type { StrangersOptions } from '../../../src/api/http/strangers.ts'
import type { Refusal } from '../../../src/runtime/refusals.ts'
import { Refusals } from '../../../src/runtime/refusals.ts'
import { TrustedProxies } from '../../../src/runtime/trusted-proxies.ts'
import { takeDescriptors } from '../../runtime/no-descriptors.ts'
import { rethrow } from '../../runtime/rethrow.ts'
import { AMPLE_LIMITS } from './ample-strangers.ts'
import { silent, TestApi } from './api-fixture.ts'
import { Caller } from './caller.ts'

const TOKEN = ['Authorization: Bearer acme']

let api: TestApi
let callers: Caller[] = []
let secured: TLSSocket[] = []
let refused: Refusal[] = []

afterEach(async () => {
  for (const socket of [...callers.map(it => it.socket), ...secured]) socket.destroy()
  callers = []
  secured = []
  refused = []
  await api.stop()
})

async function serve(
  limits: { readonly perAddress?: number; readonly most?: number },
  more: {
    readonly proxies?: readonly string[]
    readonly routes?: readonly Route[]
    readonly isTls?: boolean
  } = {},
): Promise<void> {
  const refusals = new Refusals({
    observer: { refused: it => refused.push(it) },
    clock: { now: () => new Date(), steadyMs: () => 0, sleep: async () => {} },
    log: silent,
    onBug: rethrow,
  })
  const strangers: Partial<StrangersOptions> = {
    limits: { ...AMPLE_LIMITS, connectionsPerAddress: limits.perAddress ?? 1_000 },
    mostConnections: () => limits.most ?? 1_000,
    proxies: new TrustedProxies(more.proxies ?? [], silent),
    refusals,
  }
  const pem = (name: string) =>
    readFileSync(new URL(`../../harness/fleet/certificates/${name}`, import.meta.url), 'utf8')
  const tls = more.isTls ? { cert: pem('server.pem'), key: pem('server-key.pem') } : undefined
  api = await new TestApi({ strangers, routes: more.routes ?? [], server: { tls } }).start()
}

function call(localAddress?: string): Caller {
  const caller = new Caller(api.server.port ?? 0, localAddress)
  callers.push(caller)
  return caller
}

/** A connection that the server has accepted, and whose request is incomplete: its last line is missing. */
async function silentCaller(localAddress?: string): Promise<Caller> {
  const caller = call(localAddress)
  await caller.write('GET /healthz HTTP/1.1\r\nHost: x\r\n')
  // Connections are accepted in order.
  expect(await call('127.0.0.9').ask('/healthz', ['Connection: close'])).toBe(200)
  return caller
}

test('an address has a limit of connections, idle ones too, which does not affect other addresses', async () => {
  await serve({ perAddress: 2 })
  const first = await silentCaller()
  await silentCaller()
  await call().ended
  expect(refused).toEqual(['too_many'])
  expect(await call('127.0.0.2').ask('/healthz')).toBe(200)
  first.socket.destroy()
  await first.ended
  // The server notices the end before it accepts a later connection.
  expect(await call('127.0.0.9').ask('/healthz', ['Connection: close'])).toBe(200)
  expect(await call().ask('/healthz')).toBe(200)
})

test('a trusted proxy has no limit of its own', async () => {
  await serve({ perAddress: 1 }, { proxies: ['127.0.0.0/30'] })
  for (let count = 0; count < 5; count++) expect(await call().ask('/healthz')).toBe(200)
  expect(await call('127.0.0.4').ask('/healthz')).toBe(200)
  await call('127.0.0.4').ended
})

test('at the total limit, the connection whose last request is the oldest is closed for the next one', async () => {
  await serve({ most: 3 })
  const asked = call('127.0.0.1')
  expect(await asked.ask('/healthz')).toBe(200)
  const never = call('127.0.0.2')
  await never.write('G')
  const later = call('127.0.0.3')
  expect(await later.ask('/healthz')).toBe(200)
  expect(await asked.ask('/healthz')).toBe(200)
  expect(await call('127.0.0.4').ask('/healthz')).toBe(200)
  await never.ended
  expect(await call('127.0.0.5').ask('/healthz')).toBe(200)
  await later.ended
  expect(await asked.ask('/healthz')).toBe(200)
  expect(refused).toEqual(['no_room', 'no_room'])
})

test('a request with a valid token is not closed for others, but its connection may be once it is answered', async () => {
  const stuck = new Map<string, () => void>()
  const slow: Route = {
    kind: 'guarded',
    path: '/slow',
    parameters: ['n'],
    answer: query =>
      new Promise(resolve => {
        stuck.set(query.get('n') ?? '', () =>
          resolve({ status: 200, contentType: 'text/plain', body: 'done', headers: {} }),
        )
      }),
  }
  await serve({ most: 2 }, { routes: [slow] })
  const [first, second] = [call(), call()]
  const answers = [first.ask('/slow?n=1', TOKEN), second.ask('/slow?n=2', TOKEN)]
  while (stuck.size < 2) await new Promise(resolve => setImmediate(resolve))
  await call('127.0.0.2').ended
  expect(refused).toEqual(['no_room'])
  stuck.get('1')?.()
  expect(await answers[0]).toBe(200)
  expect(await call('127.0.0.2').ask('/healthz')).toBe(200)
  await first.ended
  stuck.get('2')?.()
  expect(await answers[1]).toBe(200)
})

test('an invalid token protects no connection', async () => {
  await serve({ most: 1 })
  const forged = call()
  expect(await forged.ask('/api/dashboard/stats', ['Authorization: Bearer forged'])).toBe(401)
  expect(await call('127.0.0.2').ask('/healthz')).toBe(200)
  await forged.ended
})

test('a stalled TLS handshake counts as a connection', async () => {
  await serve({ perAddress: 1, most: 2 }, { isTls: true })
  const half = call()
  await half.write('\x16\x03\x01')
  await call().ended
  const port = api.server.port ?? 0
  const ca = readFileSync(new URL('../../harness/fleet/certificates/authority.pem', import.meta.url), 'utf8')
  const secure = (localAddress: string) =>
    new Promise<string>((resolve, reject) => {
      const tcp = connect({ port, host: '127.0.0.1', localAddress })
      const socket = connectTls({ socket: tcp, host: '127.0.0.1', ca }, () => {
        socket.write('GET /api/dashboard/stats HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer acme\r\n\r\n')
      })
      socket.once('data', chunk => resolve(chunk.toString().slice(0, 12)))
      socket.once('error', reject)
      secured.push(socket)
    })
  expect(await secure('127.0.0.2')).toBe('HTTP/1.1 200')
  expect(await secure('127.0.0.3')).toBe('HTTP/1.1 200')
  await half.ended
  expect(refused).toEqual(['too_many', 'no_room'])
})

test('a server without a free descriptor runs on, and accepts the connection once there is one', async () => {
  await serve({})
  const caller = call()
  // It has its descriptor by then, and the server has not noticed yet.
  await new Promise(resolve => process.nextTick(resolve))
  const giveBack = takeDescriptors()
  const answer = caller.ask('/healthz')
  await giveBack()
  expect(await answer).toBe(200)
})
