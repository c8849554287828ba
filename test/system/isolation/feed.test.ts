import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MESSAGE_TYPES, TOPICS } from '../../../src/feed/feed-messages.ts'
import type { ServedScene } from '../../auth/served-scene.ts'
import { type RawClient, textFrameOf } from '../../feed/raw-client.ts'
import { tried } from '../../harness/random-runs.ts'
import { NAMES, NOWHERE, OTHER, OWN } from './names.ts'
import { Pair, received } from './pair.ts'
import { MESSAGES, SHOWN_BY_TOPIC } from './tables.ts'

let pair: Pair

beforeEach(async () => {
  pair = await Pair.start()
})

afterEach(() => pair.stop())

type Step =
  | { readonly kind: 'say'; readonly message: object }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'alert'; readonly tenant: typeof OWN; readonly id: number }

const topic = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...TOPICS.filter(it => SHOWN_BY_TOPIC[it] !== undefined)) },
  { weight: 1, arbitrary: fc.constantFrom(...TOPICS, 'snapshot', 'stats', '__proto__') },
)
const type = fc.oneof(
  { weight: 1, arbitrary: fc.constant<(typeof MESSAGE_TYPES)[number]>('subscribe') },
  { weight: 1, arbitrary: fc.constantFrom(...MESSAGE_TYPES) },
)
/** Mostly the client's own tenant, since any other one ends the connection. */
const tenant = fc.oneof(
  { weight: 8, arbitrary: fc.constant(undefined) },
  { weight: 4, arbitrary: fc.constant(OWN) },
  { weight: 1, arbitrary: fc.constantFrom(...NAMES) },
)
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(type, topic, tenant).map(
      ([type, about, whose]): Step => ({
        kind: 'say',
        message: MESSAGES[type](about, type === 'auth' ? (whose ?? OWN) : whose),
      }),
    ),
  },
  { weight: 2, arbitrary: fc.nat({ max: 6_000 }).map((ms): Step => ({ kind: 'pass', ms })) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(OWN, OTHER), fc.nat({ max: 9 }))
      .map(([whose, id]): Step => ({ kind: 'alert', tenant: whose, id })),
  },
)

async function enter(scene: ServedScene, as: string): Promise<RawClient> {
  const client = await scene.open()
  client.write(textFrameOf({ type: 'auth', token: as }))
  await client.caughtUp()
  return client
}

async function take(pair: Pair, step: Step, clients: readonly RawClient[]): Promise<void> {
  switch (step.kind) {
    case 'say':
      for (const client of clients) {
        client.write(textFrameOf(step.message))
        await client.caughtUp()
      }
      // Keeps below the limit of messages.
      await pair.pass(1_000)
      break
    case 'pass':
      await pair.pass(step.ms)
      break
    case 'alert':
      pair.alert(step.tenant, step.id)
      break
    default:
      step satisfies never
  }
  for (const client of clients) await client.caughtUp()
}

test('whatever a tenant sends, it gets exactly the answers that it would get without another tenant', async () => {
  const codes = new Map<unknown, number>()
  const types = new Set<unknown>()
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async steps => {
      const pair = await Pair.start()
      // The other tenant is connected, and watches everything it has.
      const other = await enter(pair.withOther, OTHER)
      other.write(textFrameOf({ type: 'subscribe', topics: ['sessions', 'alerts'] }))
      const clients = [await enter(pair.withOther, OWN), await enter(pair.withoutOther, OWN)]
      for (const step of steps) await take(pair, step, [...clients, other])
      const [one, alone] = [await received(clients[0] ?? other), await received(clients[1] ?? other)]
      expect(one).toEqual(alone)
      expect(JSON.stringify(one)).not.toContain(OTHER)
      codes.set(one[2], (codes.get(one[2]) ?? 0) + 1)
      for (const text of clients[0]?.texts ?? []) types.add(JSON.parse(text).type)
      await pair.stop()
    }),
    tried(30, 100),
  )
  // Not all of them ended at once, and each kind of message was among them.
  for (const code of [undefined, 4400, 4403])
    expect(codes.get(code) ?? 0, `ended with ${code}`).toBeGreaterThan(0)
  expect([...types].sort()).toEqual(['alert', 'error', 'sessions', 'snapshot', 'welcome'])
}, 120_000)

/** What a client that sends `message` after its token receives, and the work done for it. */
async function outcomeOf(message: object, name: string) {
  const client = await enter(pair.withOther, OWN)
  pair.withOther.calls.length = 0
  client.write(textFrameOf(message))
  await client.caughtUp()
  const outcome = [await received(client), pair.withOther.calls]
  client.destroy()
  return JSON.stringify(outcome).replaceAll(name, 'NAME')
}

test('another’s name is answered like an unknown one, with as much work, in every message', async () => {
  for (const type of MESSAGE_TYPES)
    for (const about of TOPICS) {
      const [theirs, nobodys] = [OTHER, NOWHERE].map(name => [MESSAGES[type](about, name), name] as const)
      if (theirs === undefined || nobodys === undefined) continue
      expect(await outcomeOf(...theirs), `${type} ${about}`).toBe(await outcomeOf(...nobodys))
    }
})

test('a client with its own token cannot switch to the token of another, or of nobody', async () => {
  for (const token of [OTHER, NOWHERE]) {
    const client = await enter(pair.withOther, OWN)
    client.write(textFrameOf({ type: 'auth', token }))
    expect([await client.ended, client.closeReason]).toEqual([4403, 'the token is for another tenant'])
  }
})

test('each topic shows a tenant its own data, so that there is something to keep apart', async () => {
  for (const about of TOPICS)
    for (const as of [OWN, OTHER]) {
      const client = await enter(pair.withOther, as)
      client.write(textFrameOf({ type: 'subscribe', topics: [about] }))
      await client.caughtUp()
      const shown = client.texts.map(it => JSON.parse(it)).filter(it => it.type === SHOWN_BY_TOPIC[about])
      if (SHOWN_BY_TOPIC[about] === undefined) expect(await client.ended).toBe(4403)
      else expect([about, ...shown.map(it => it.tenant)]).toEqual([about, as])
      client.destroy()
    }
})
