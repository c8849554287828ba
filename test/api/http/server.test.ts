import { readFile } from 'node:fs/promises'
import { request, STATUS_CODES } from 'node:http'
import { get } from 'node:https'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import type { UpgradeListener } from '../../../src/api/http/server.ts'
import { TestApi } from './api-fixture.ts'

/** The status of an upgrade request, or 101. */
function upgrade(port: number | undefined, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { Connection: 'Upgrade', Upgrade: 'websocket' }
    const asked = request({ host: '127.0.0.1', port, path, headers, agent: false })
    asked.on('upgrade', (_response, socket) => {
      socket.on('error', () => {})
      resolve(101)
    })
    asked.on('response', response => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    asked.on('error', reject)
    asked.end()
  })
}

const accept: UpgradeListener = (_request, socket) => {
  socket.on('error', () => {})
  socket.write(`HTTP/1.1 101 ${STATUS_CODES[101]}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)
}

test('an upgrade of a known path is handed over with any query, and any other is 404', async () => {
  const api = await new TestApi({ server: { upgrades: new Map([['/ws', accept]]) } }).start()
  expect(await upgrade(api.server.port, '/ws?v=1')).toBe(101)
  expect(await upgrade(api.server.port, '/ws/')).toBe(404)
  expect(await upgrade(api.server.port, '/healthz')).toBe(404)
  const stopped = api.stop()
  await api.clock.turn(2000)
  await stopped
})

test('an upgrade path with a wildcard takes any last segment, but only one', async () => {
  const api = await new TestApi({ server: { upgrades: new Map([['/app/*', accept]]) } }).start()
  expect(await upgrade(api.server.port, '/app/key?protocol=7')).toBe(101)
  expect(await upgrade(api.server.port, '/app/other')).toBe(101)
  for (const path of ['/app', '/app/', '/app/key/', '/app/key/more', '/ws', '/*'])
    expect(await upgrade(api.server.port, path)).toBe(404)
  const stopped = api.stop()
  await api.clock.turn(2000)
  await stopped
})

test('stop closes idle connections at once, and leaves no timer', async () => {
  const api = await new TestApi().start()
  await api.ask('/healthz', '', { headers: { Connection: 'keep-alive' } })
  await api.stop()
  expect(api.server.port).toBeUndefined()
  expect(api.clock.sleepers).toBe(0)
})

test('stop cuts off a request that does not end within two seconds', async () => {
  const stuck = {
    kind: 'open' as const,
    path: '/stuck',
    parameters: [],
    answer: () => new Promise<never>(() => {}),
  }
  const api = await new TestApi({ routes: [stuck] }).start()
  const socket = connect(api.server.port ?? 0, '127.0.0.1')
  const closed = new Promise(resolve => socket.on('close', resolve))
  socket.on('error', () => {})
  await new Promise(resolve => socket.write('GET /stuck HTTP/1.1\r\nHost: x\r\n\r\n', resolve))
  // The first request has arrived once a later one is answered.
  await api.ask('/healthz', '')
  const stopped = api.stop()
  await api.clock.turn(2000)
  await stopped
  await closed
})

test('a start on a port in use is rejected, with the port and what to do', async () => {
  const api = await new TestApi().start()
  const second = new TestApi({
    server: { at: { kind: 'port', host: '127.0.0.1', port: api.server.port ?? 0, block: 'server' } },
  })
  await expect(second.start()).rejects.toMatchObject({
    code: 'EADDRINUSE',
    message: expect.stringMatching(`^port ${api.server.port} of 127.0.0.1 is in use: .*server.port`),
  })
  await second.stop()
  await api.stop()
})

const CERTIFICATES = new URL('../../harness/fleet/certificates/', import.meta.url)

function pem(name: string): Promise<string> {
  return readFile(new URL(name, CERTIFICATES), 'utf8')
}

test('with a certificate the port speaks HTTPS only', async () => {
  const tls = { cert: await pem('server.pem'), key: await pem('server-key.pem') }
  const api = await new TestApi({ server: { tls } }).start()
  const ca = await pem('authority.pem')
  const status = await new Promise((resolve, reject) => {
    const url = `https://127.0.0.1:${api.server.port}/healthz`
    get(url, { ca, agent: false }, response => {
      response.resume().on('end', () => resolve(response.statusCode))
    }).on('error', reject)
  })
  expect(status).toBe(200)
  await expect(api.ask('/healthz', '')).rejects.toThrow()
  await api.stop()
})

test('a start with a bad certificate, or one of another key, is rejected', async () => {
  const another = { cert: await pem('server.pem'), key: await pem('self-signed-key.pem') }
  for (const tls of [{ cert: 'nonsense', key: 'nonsense' }, another]) {
    const api = new TestApi({ server: { tls } })
    await expect(api.start()).rejects.toThrow('server.tls cannot be used')
  }
})
