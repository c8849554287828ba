import { connect } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MAX_FORM_BYTES } from '../../../src/api/http/form.ts'
import { broadcastingRoute } from '../../../src/api/pages/broadcasting.ts'
import { PusherApp } from '../../../src/feed/pusher/app.ts'
import { inOneHour } from '../../feed/feed-fixture.ts'
import { type Answer, source, TestApi } from '../http/api-fixture.ts'

const PAGE = 'https://panel.example.com'
const PATH = '/broadcasting/auth'
const app = new PusherApp({ key: 'key', secret: 'secret' })
const OWN = { socket_id: '123.456', channel_name: 'private-tenant.acme.dashboard-stats' }

let api: TestApi

beforeEach(async () => {
  api = await new TestApi({ origins: [PAGE], routes: [broadcastingRoute(app, source)] }).start()
})

afterEach(() => api.stop())

function post(
  body: string,
  token: string,
  type = 'application/x-www-form-urlencoded',
  headers: Record<string, string> = {},
): Promise<Answer> {
  return api.ask(PATH, token, { method: 'POST', headers: { 'Content-Type': type, ...headers }, body })
}

function ask(fields: Record<string, string>, token: string): Promise<Answer> {
  return post(new URLSearchParams(fields).toString(), token)
}

test('a tenant may join its own channel until its token expires, by a form or by JSON', async () => {
  const auth = app.signUntil(OWN.socket_id, OWN.channel_name, inOneHour())
  for (const answer of [
    await ask(OWN, 'acme'),
    await post(JSON.stringify(OWN), 'acme', 'application/json'),
    await post(JSON.stringify({ ...OWN, extra: [7] }), 'acme', 'Application/JSON; charset=utf-8'),
  ]) {
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.text)).toEqual({ auth })
  }
})

test('an admin may join any tenant’s channel', async () => {
  const channel_name = 'private-tenant.globex.dashboard-stats'
  const answer = await ask({ ...OWN, channel_name }, 'admin')
  expect(JSON.parse(answer.text)).toEqual({ auth: app.signUntil(OWN.socket_id, channel_name, inOneHour()) })
})

test('another tenant’s channel is 403, letter by letter like one that does not exist, and like any other', async () => {
  const other = await ask({ ...OWN, channel_name: 'private-tenant.globex.dashboard-stats' }, 'acme')
  expect(other.status).toBe(403)
  for (const channel_name of [
    'private-tenant.nobody.dashboard-stats',
    'private-tenant.acme.other',
    'private-tenant.ACME.dashboard-stats',
    'presence-tenant.acme.dashboard-stats',
    'acme',
    '',
  ])
    expect(await ask({ ...OWN, channel_name }, 'acme')).toMatchObject({ status: 403, text: other.text })
})

test('a channel of an unknown tenant is 403 for its own token, and for an admin', async () => {
  const channel_name = 'private-tenant.initech.dashboard-stats'
  for (const token of ['initech', 'admin'])
    expect((await ask({ ...OWN, channel_name }, token)).status).toBe(403)
})

test('a missing or invalid token is 401', async () => {
  for (const token of ['', 'forged']) expect((await ask(OWN, token)).status).toBe(401)
})

test('a missing field, or a bad socket id, is 400', async () => {
  expect((await ask({ socket_id: '1.2' }, 'acme')).status).toBe(400)
  expect((await ask({ channel_name: OWN.channel_name }, 'acme')).status).toBe(400)
  expect((await ask({ ...OWN, socket_id: '1.2:private-x' }, 'acme')).status).toBe(400)
  for (const body of ['', '{', 'null', '[]', '7', '{"socket_id":1.2,"channel_name":"x"}'])
    expect((await post(body, 'acme', 'application/json')).status).toBe(400)
})

test('a body of another type is 415, and one that is too large is 413, with or without its length', async () => {
  expect((await post('x', 'acme', 'text/plain')).status).toBe(415)
  const large = `${new URLSearchParams(OWN)}&more=${'x'.repeat(MAX_FORM_BYTES)}`
  expect((await post(large, 'acme')).status).toBe(413)
  const chunked = { 'Transfer-Encoding': 'chunked' }
  expect((await post(large, 'acme', 'application/x-www-form-urlencoded', chunked)).status).toBe(413)
  expect((await ask(OWN, 'acme')).status).toBe(200)
})

test('a body is refused as soon as it is too large', async () => {
  const socket = connect(api.server.port ?? 0, '127.0.0.1')
  const head = [
    `POST ${PATH} HTTP/1.1`,
    'Host: x',
    'Authorization: Bearer acme',
    'Content-Type: application/json',
    'Transfer-Encoding: chunked',
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n${(MAX_FORM_BYTES + 1).toString(16)}\r\n`)
  socket.write('x'.repeat(MAX_FORM_BYTES + 1))
  let answer = ''
  for await (const chunk of socket.setEncoding('utf8')) answer += chunk
  expect(answer).toMatch(/^HTTP\/1.1 413 /)
})

test('a client that leaves within its body harms nobody', async () => {
  const socket = connect(api.server.port ?? 0, '127.0.0.1')
  socket.on('error', () => {})
  const head = [
    `POST ${PATH} HTTP/1.1`,
    'Host: x',
    'Authorization: Bearer acme',
    'Content-Type: application/json',
    'Content-Length: 100',
  ]
  await new Promise(resolve => socket.write(`${head.join('\r\n')}\r\n\r\n{"socket_id"`, resolve))
  socket.destroy()
  expect((await ask(OWN, 'acme')).status).toBe(200)
})

test('only POST is answered', async () => {
  const answer = await api.ask(PATH, 'acme')
  expect(answer.status).toBe(405)
  expect(answer.headers.allow).toBe('POST, OPTIONS')
})

test('a listed page may ask, with the headers of Laravel’s libraries, and may read the refusal', async () => {
  const headers = {
    Origin: PAGE,
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': 'authorization,x-csrf-token',
  }
  const leave = await api.ask(PATH, '', { method: 'OPTIONS', headers })
  expect(leave.status).toBe(204)
  expect(leave.headers['access-control-allow-origin']).toBe(PAGE)
  expect(leave.headers['access-control-allow-methods']).toBe('POST, OPTIONS')
  const allowed = leave.headers['access-control-allow-headers']?.toLowerCase().split(', ')
  expect(allowed).toEqual(expect.arrayContaining(['authorization', 'content-type', 'x-csrf-token']))
  const refusal = await post('socket_id=1.2&channel_name=x', 'acme', undefined, { Origin: PAGE })
  expect(refusal.status).toBe(403)
  expect(refusal.headers['access-control-allow-origin']).toBe(PAGE)
})

test('a page that is not listed may not', async () => {
  const headers = { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' }
  const leave = await api.ask(PATH, '', { method: 'OPTIONS', headers })
  expect(Object.keys(leave.headers).filter(name => name.startsWith('access-control'))).toEqual([])
})
