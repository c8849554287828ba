import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { AlertJson } from '../../src/accounting/alert.ts'
import { routerId, sessionId } from '../../src/accounting/ids.ts'
import { CLOSE } from '../../src/feed/close-codes.ts'
import { type ErrorCode, readMessage } from '../../src/feed/feed-messages.ts'
import { frameOf } from '../../src/feed/frames.ts'
import { expected, tried } from '../harness/random-runs.ts'
import { ACME, Scene } from '../recording/recorder-scene.ts'
import { acme, adminToken, bearer, outage, START, TestFeed } from './feed-fixture.ts'

type Json = Readonly<Record<string, unknown>>

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object at a path, or an empty one. */
function at(value: unknown, ...path: readonly string[]): Json {
  let found = value
  for (const name of path) found = isJson(found) ? found[name] : undefined
  return isJson(found) ? found : {}
}

const document = at(parse(readFileSync('config/asyncapi.yaml', 'utf8')))
const messages = at(document, 'components', 'messages')

/** Forbids members that are not described, so that every member has a description. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed)
  if (!isJson(value)) return value
  const entries = Object.entries(value).map(([key, child]) => [key, closed(child)] as const)
  const isOpen = isJson(value['properties']) && value['type'] === 'object'
  return { ...(isOpen ? { additionalProperties: false } : {}), ...Object.fromEntries(entries) }
}

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strictRequired: true })
formats.default(ajv)
const described = JSON.stringify(closed(at(document, 'components', 'schemas')))
ajv.addSchema({
  $id: 'feed',
  definitions: JSON.parse(described.replaceAll('#/components/schemas/', '#/definitions/')),
})

/** @returns the faults of a message by the description of its type */
function faultsOf(message: Json): string {
  const type = String(message['type'])
  const validate = Object.hasOwn(messages, type) ? ajv.getSchema(`feed#/definitions/${type}`) : undefined
  if (validate === undefined) return `no description of ${type}`
  return validate(message) ? '' : ajv.errorsText(validate.errors)
}

/** The names of the messages of operations in one direction. */
function messagesOf(action: 'send' | 'receive'): readonly string[] {
  const operations = Object.values(at(document, 'operations')).map(it => at(it))
  const refs = operations.flatMap(operation => [
    ...(operation['action'] === action ? [operation['messages']] : []),
    ...(action === 'send' ? [at(operation, 'reply')['messages']] : []),
  ])
  return JSON.stringify(refs)
    .split('#/channels/feed/messages/')
    .slice(1)
    .map(rest => rest.split('"')[0] ?? '')
}

test('every reference in the description resolves, and each message has one direction', () => {
  const pointed = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path)
  expect(pointed.length).toBeGreaterThan(50)
  for (const path of pointed) expect([path, at(document, ...path.split('/'))]).not.toEqual([path, {}])
  expect([...messagesOf('send'), ...messagesOf('receive')].sort()).toEqual(Object.keys(messages).sort())
  expect(Object.keys(at(document, 'channels', 'feed', 'messages')).sort()).toEqual(
    Object.keys(messages).sort(),
  )
})

test('exactly the close codes are described', () => {
  const codes = Object.keys(at(document, 'channels', 'feed', 'x-close-codes')).map(Number)
  // ws sends the last of them.
  expect(codes.sort()).toEqual([...Object.values(CLOSE), 1009].sort())
})

let feed: TestFeed

beforeEach(async () => {
  feed = await new TestFeed().start()
})

afterEach(() => feed.stop())

/** All error codes, as checked by the compiler. */
const ERROR_CODES: Readonly<Record<ErrorCode, true>> = {
  bad_message: true,
  too_soon: true,
  tenant_required: true,
  unknown_tenant: true,
}

const base = { id: 1, rule: 'r', subject: 'ann', fired_at: START.toISOString(), ended_at: null }
const used = { used: 2 ** 40, threshold: 1, quota: null }
/** One alert of each kind, with and without the optional members. */
const ALERTS: readonly AlertJson[] = [
  { ...base, kind: 'usage', scope: 'user', period: '2026-11', detail: used },
  { ...base, id: 2, kind: 'usage', scope: 'tenant', period: '2026-11-24', detail: { ...used, quota: 10 } },
  {
    ...{ ...base, id: 3, kind: 'session_stalled', scope: 'router', period: '2026-11-24' },
    detail: {
      ...{ router: routerId('hq'), username: 'ann', service: 'ppp' },
      session_id: sessionId('0193a5b2-0000-7000-8000-000000000000'),
    },
  },
  {
    ...{ ...base, id: 6, kind: 'more', scope: 'router', period: START.toISOString() },
    detail: { count: 900 },
  },
  outage(4),
  outage(5, { ended_at: START.toISOString() }),
]

test('each message from the server matches its description, and each described message is sent', async () => {
  const said: Json[] = []
  const admin = await feed.watchAll()
  const client = await feed.watch(acme)
  for (const { socket } of [admin, client]) {
    socket.on('message', data => said.push(at(JSON.parse(data.toString()))))
  }
  const other = feed.connect({ headers: bearer(await adminToken()) })
  said.push(await other.next('welcome'))
  client.send({ type: 'subscribe', topics: ['sessions', 'alerts'] })
  admin.send({ type: 'subscribe', topics: ['system', 'sessions'] })
  admin.send({ type: 'subscribe', topics: ['sessions'], tenant: 'initech' })
  admin.send({ type: 'refresh' })
  admin.send({ type: 'refresh' })
  await feed.clock.turn(5000)
  feed.alerts.byTenant.set(acme, ALERTS)
  client.send({ type: 'refresh' })
  client.send({ type: 'sing' })
  await client.closed
  const codes = () => new Set(said.filter(({ type }) => type === 'error').map(({ code }) => code))
  await expect.poll(() => codes().size).toBe(Object.keys(ERROR_CODES).length)
  await expect.poll(() => new Set(said.map(({ type }) => type)).size).toBe(6)
  expect(said.map(faultsOf).filter(fault => fault !== '')).toEqual([])
  expect(said.filter(({ type }) => type === 'alert').map(({ alert }) => alert)).toEqual(ALERTS)
  expect([...new Set(said.map(({ type }) => String(type)))].sort()).toEqual([...messagesOf('send')].sort())
  const allCodes = at(document, 'components', 'schemas', 'error', 'properties', 'code')['enum']
  expect(new Set(Array.isArray(allCodes) ? allCodes : [])).toEqual(new Set(Object.keys(ERROR_CODES)))
})

test('the router numbers after a reading, a failure and no reading match their description', async () => {
  const scene = new Scene()
  const hq = scene.addRouter('hq')
  scene.addRouter('spare')
  await scene.read(hq, { ann: { upload: 100, download: 2 ** 40 } })
  await scene.read(hq, { ann: { upload: 10_000, download: 2 ** 41 } })
  const missingMenus = [{ menu: '/interface/pppoe-server', reason: 'no such command prefix' }]
  const lastError = 'connection refused'
  scene.conditions.set(hq, {
    state: 'offline',
    identity: 'MikroTik',
    lastError,
    missingMenus,
    overloaded: 'rows',
  })
  for (const kind of ['snapshot', 'sessions'] as const) {
    const { value: frame } = frameOf({ kind, tenant: ACME }, 1, scene.board, scene.clock.now()).next()
    // After the header of the frame. The scene chooses the ids of sessions.
    const text = frame?.toString('utf8').replace(/^[^{]*/, '') ?? ''
    const message = at(JSON.parse(text.replaceAll(/session-\d+/g, '0193a5b2-0000-7000-8000-000000000000')))
    expect(faultsOf(message)).toBe('')
    expect(JSON.stringify(message)).toContain('hq')
  }
})

test('a member that is not described is found', () => {
  const message = { type: 'error', code: 'too_soon', message: 'one a second' }
  expect(faultsOf(message)).toBe('')
  expect(faultsOf({ ...message, retry_after: 1 })).toMatch(/additional/)
})

const examples = messagesOf('receive').flatMap(name => {
  const message = messages[name]
  const given = isJson(message) && Array.isArray(message['examples']) ? message['examples'] : []
  return given.map(example => at(example, 'payload'))
})

test.each(examples.map(example => [JSON.stringify(example), example] as const))(
  'the server accepts the example %s',
  async (_, example) => {
    expect(faultsOf(example)).toBe('')
    const client = await feed.watch(acme)
    client.send(example)
    // Either the server closes, or the answer to this shows that it has handled the example.
    client.send({ type: 'subscribe', topics: ['sessions'] })
    const outcome = await Promise.race([client.closed, client.next('sessions').then(({ type }) => type)])
    expect(['sessions', 4401, 4403]).toContain(outcome)
  },
)

const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values)
const topics = fc.array(oneOf('sessions', 'alerts', 'system'), { minLength: 1, maxLength: 9 })
const tenant = fc.option(fc.string(), { nil: undefined })
const wellMeant = fc.oneof(
  fc.record({ type: fc.constant('auth'), token: fc.string() }),
  fc.record({ type: oneOf('subscribe', 'unsubscribe'), topics, tenant }),
  fc.record({ type: fc.constant('refresh') }),
)
/** Members that replace or extend a message; without a value they remove a member. */
const spoilt = fc.dictionary(
  oneOf('type', 'token', 'topics', 'tenant', 'force'),
  fc.oneof(
    ...[fc.constant(undefined), fc.constant(null), fc.integer(), fc.string(), topics],
    ...[fc.array(fc.string()), oneOf('auth', 'subscribe', 'refresh', 'welcome', 'sessions')],
  ),
  { maxKeys: 2 },
)

test('the server accepts exactly what is described', () => {
  const taken = new Set<unknown>()
  let refused = 0
  fc.assert(
    fc.property(wellMeant, spoilt, (message, instead) => {
      const text = JSON.stringify({ ...message, ...instead })
      const isTaken = readMessage(Buffer.from(text), false).kind === 'message'
      if (isTaken) taken.add(at(JSON.parse(text))['type'])
      else refused += 1
      return isTaken === (faultsOf(at(JSON.parse(text))) === '')
    }),
    tried(600, 3_000),
  )
  expect(taken).toEqual(new Set(messagesOf('receive')))
  expect(refused).toBeGreaterThan(expected(100, 500))
})
