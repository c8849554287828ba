import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { channelOf, PusherApp } from '../../../src/feed/pusher/app.ts'
import { KEY } from '../../auth/pusher-serving.ts'
import type { ServedScene } from '../../auth/served-scene.ts'
import { type RawClient, textFrameOf } from '../../feed/raw-client.ts'
import { tried } from '../../harness/random-runs.ts'
import { NAMES, NOWHERE, OTHER, OWN } from './names.ts'
import { Pair, received } from './pair.ts'
import { PUSHER_EVENTS } from './tables.ts'

let pair: Pair

beforeEach(async () => {
  pair = await Pair.start()
})

afterEach(() => pair.stop())

/** An app with another secret. */
const GUESSING = new PusherApp({ key: KEY, secret: 'secret' })

interface Connection {
  readonly scene: ServedScene
  readonly client: RawClient
  readonly socketId: string
}

/** Where the signature comes from: requested, guessed, taken from another connection, or none. */
const HOW = ['requested', 'guessed', 'taken', 'none'] as const

interface Step {
  readonly kind: keyof typeof PUSHER_EVENTS
  readonly channel: string
  readonly how: (typeof HOW)[number]
}

const channel = fc.oneof(
  { weight: 2, arbitrary: fc.constant(channelOf(OWN)) },
  { weight: 3, arbitrary: fc.constantFrom(...NAMES).map(channelOf) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(...NAMES)
      .chain(name =>
        fc.constantFrom(...[`private-tenant.${name}.other`, `presence-tenant.${name}.dashboard-stats`, name]),
      ),
  },
)
const kinds: readonly Step['kind'][] = ['ping', 'pong', 'subscribe', 'unsubscribe', 'wrong']
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(
    { weight: 5, arbitrary: fc.constant<Step['kind']>('subscribe') },
    { weight: 4, arbitrary: fc.constantFrom(...kinds) },
    { weight: 1, arbitrary: fc.constant<Step['kind']>('malformed') },
  ),
  channel,
  how: fc.constantFrom(...HOW),
})

async function open(scene: ServedScene): Promise<Connection> {
  return { scene, ...(await scene.openPusher()) }
}

/** The answer to a request for a channel's signature with a token. */
async function authorize({ scene, socketId }: Connection, token: string, name: string) {
  const response = await fetch(`http://127.0.0.1:${scene.port}/broadcasting/auth`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}` },
    body: new URLSearchParams({ socket_id: socketId, channel_name: name }),
  })
  return { status: response.status, text: await response.text() }
}

/** @returns the signature, and the answer that it came with */
async function signature(connection: Connection, name: string, how: Step['how'], token: string) {
  const answer = how === 'requested' ? await authorize(connection, token, name) : { status: 0, text: '' }
  const guessed = {
    requested: '',
    guessed: GUESSING.sign(connection.socketId, name),
    taken: GUESSING.sign('1.2', name),
    none: '',
  }
  const auth: string = answer.status === 200 ? JSON.parse(answer.text).auth : guessed[how]
  return {
    auth,
    answer: how === 'requested' && answer.status === 200 ? { status: 200, text: 'signed' } : answer,
  }
}

/** Replaces the socket id, which differs from connection to connection. */
function withoutId(given: readonly unknown[], { socketId }: Connection): string {
  return JSON.stringify(given).replaceAll(socketId, 'ID')
}

async function take(connection: Connection, { kind, channel: name, how }: Step) {
  const { auth, answer } = await signature(connection, name, how, OWN)
  connection.client.write(textFrameOf(PUSHER_EVENTS[kind](name, auth)))
  await connection.client.caughtUp()
  return answer
}

test('whatever a tenant does by Pusher, it gets exactly the answers that it would get without another tenant', async () => {
  const events = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 10 }), async steps => {
      const fresh = await Pair.start()
      // The other tenant is connected, and watches everything it has.
      const other = await open(fresh.withOther)
      await subscribe(other, OTHER)
      // So is another client of this tenant.
      const besides = await Promise.all(fresh.scenes.map(open))
      for (const beside of besides) await subscribe(beside, OWN)
      const [one, alone] = [await open(fresh.withOther), await open(fresh.withoutOther)]
      for (const step of steps) {
        expect(await take(one, step)).toEqual(await take(alone, step))
        await fresh.pass(1_500)
        for (const { client } of [one, alone, other, ...besides]) await client.caughtUp()
      }
      const outcome = withoutId(await received(one.client), one)
      expect(outcome).toBe(withoutId(await received(alone.client), alone))
      expect(outcome).not.toContain('their')
      // What it sends to a channel reaches nobody.
      expect(JSON.stringify([other, ...besides].map(({ client }) => client.texts))).not.toContain(
        'client-typing',
      )
      for (const text of one.client.texts) {
        const { event, channel: of } = JSON.parse(text)
        events.set(event, (events.get(event) ?? 0) + 1)
        if (event === 'stats.updated') expect(of).toBe(channelOf(OWN))
      }
      await fresh.stop()
    }),
    tried(20, 60),
  )
  for (const event of ['stats.updated', 'pusher:subscription_error', 'pusher:error', 'pusher:pong'])
    expect(events.get(event) ?? 0, event).toBeGreaterThan(0)
}, 120_000)

async function subscribe(connection: Connection, tenant: string): Promise<void> {
  const { auth } = await signature(connection, channelOf(tenant), 'requested', tenant)
  connection.client.write(textFrameOf(PUSHER_EVENTS.subscribe(channelOf(tenant), auth)))
  await connection.client.text('stats.updated')
}

/** The answers to a client that tries this with a channel of `name`, and the work done for it. */
async function outcomeOf(name: string, kind: Step['kind'], how: Step['how']): Promise<string> {
  const connection = await open(pair.withOther)
  pair.withOther.calls.length = 0
  const answer = await take(connection, { kind, channel: channelOf(name), how })
  const outcome = withoutId([answer, await received(connection.client), pair.withOther.calls], connection)
  connection.client.destroy()
  return outcome.replaceAll(name, 'NAME')
}

test('a channel of another is answered like one of an unknown tenant, with as much work', async () => {
  for (const kind of [...kinds, 'malformed'] as const)
    for (const how of HOW)
      expect(await outcomeOf(OTHER, kind, how), `${kind}, ${how}`).toBe(await outcomeOf(NOWHERE, kind, how))
})

test('a signature for another’s channel is refused, and one that another got is not valid here', async () => {
  const [own, other] = [await open(pair.withOther), await open(pair.withOther)]
  const name = channelOf(OTHER)
  expect((await authorize(own, OWN, name)).status).toBe(403)
  const theirs: string = JSON.parse((await authorize(other, OTHER, name)).text).auth
  own.client.write(textFrameOf(PUSHER_EVENTS.subscribe(name, theirs)))
  expect(await own.client.text('subscription_error')).toContain('403')
  await pair.pass(10_000)
  await own.client.caughtUp()
  expect(own.client.texts.filter(it => it.includes('stats.updated'))).toEqual([])
  other.client.write(textFrameOf(PUSHER_EVENTS.subscribe(name, theirs)))
  expect(await other.client.text('stats.updated')).toContain(name)
})
