import { afterEach, beforeEach, expect, test } from 'vitest'
import { MAX_MESSAGE_BYTES } from '../../src/feed/feed-messages.ts'
import { ServedScene } from '../auth/served-scene.ts'
import { acme } from './feed-fixture.ts'
import { OPCODE, rawFrame, textFrameOf } from './raw-client.ts'
import { Witnesses } from './witnesses.ts'

let scene: ServedScene
let others: Witnesses

beforeEach(async () => {
  scene = await new ServedScene([acme]).start()
  others = await Witnesses.of(scene)
})

afterEach(() => scene.stop())

const LARGE = 'x'.repeat(MAX_MESSAGE_BYTES + 1)
const { text, continuation, binary, ping, close } = OPCODE
const part = (payload: string | Buffer, opcode: number, isFinal: boolean) =>
  rawFrame({ opcode, payload, isFinal })
const many = <Item>(count: number, item: () => Item) => Array.from({ length: count }, item)
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

/** Frames that are not valid, or too large, in both protocols. */
const BROKEN: readonly (readonly [what: string, code: number, frames: () => readonly Buffer[]])[] = [
  ['a frame over 16 KiB', 1009, () => [textFrameOf(LARGE)]],
  [
    'a message over 16 KiB in many fragments',
    1009,
    () => [
      part('x'.repeat(2_000), text, false),
      ...many(12, () => part('x'.repeat(2_000), continuation, false)),
    ],
  ],
  [
    'empty fragments without end',
    1008,
    () => [part('', text, false), ...many(1_000, () => part('', continuation, false))],
  ],
  ['a continuation without a beginning', 1002, () => [part('x', continuation, true)]],
  ['a message within a message', 1002, () => [part('{', text, false), textFrameOf('{}')]],
  ['invalid UTF-8', 1007, () => [rawFrame({ opcode: text, payload: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]) })]],
  [
    'invalid UTF-8 as the reason of a close',
    1007,
    () => [rawFrame({ opcode: close, payload: Buffer.from([3, 0xe8, 0xff]) })],
  ],
  ['a close with an invalid code', 1002, () => [rawFrame({ opcode: close, payload: Buffer.from([0, 1]) })]],
  ...[4, 2, 1].map(
    bits =>
      [
        `the reserved bit ${bits}`,
        1002,
        () => [rawFrame({ opcode: text, payload: '{}', reservedBits: bits })],
      ] as const,
  ),
  ['a reserved opcode', 1002, () => [rawFrame({ opcode: 3, payload: '' })]],
  ['an unmasked frame', 1002, () => [rawFrame({ opcode: text, payload: '{}', isMasked: false })]],
  ['a ping in fragments', 1002, () => [part('', ping, false)]],
  ['a ping that is too long', 1002, () => [rawFrame({ opcode: ping, payload: 'x'.repeat(126) })]],
  ['a length of 2^63', 1009, () => [rawFrame({ opcode: text, payload: 'x', declaredLength: 2n ** 63n })]],
  ['a length of 2^53', 1009, () => [rawFrame({ opcode: text, payload: 'x', declaredLength: 2n ** 53n })]],
  ['brackets, 100,000 deep', 1009, () => [textFrameOf(nested(100_000))]],
  ['HTTP where frames should be', 1002, () => [Buffer.from('GET / HTTP/1.1\r\n\r\n')]],
]

test.each(BROKEN)('%s closes its own connection with %i, and no other', async (_, code, frames) => {
  const [own, pusher] = [await scene.watch(acme), await scene.watchPusher(acme)]
  for (const client of [own, pusher]) {
    client.write(...frames())
    expect(await client.ended).toBe(code)
  }
  await others.areUntouched()
})

const FEED: readonly (readonly [what: string, code: number, frames: () => readonly Buffer[]])[] = [
  ['binary', 4400, () => [rawFrame({ opcode: binary, payload: '{"type":"refresh"}' })]],
  ['no JSON', 4400, () => [textFrameOf('{"type":')]],
  ['brackets, 8,000 deep', 4400, () => [textFrameOf(nested(8_000))]],
  [
    'brackets, 4,000 deep, in place of topics',
    4400,
    () => [textFrameOf(`{"type":"subscribe","topics":${nested(4_000)}}`)],
  ],
  [
    'a number that no double can hold',
    4400,
    () => [textFrameOf(`{"type":"refresh","at":1e${'9'.repeat(10_000)}}`)],
  ],
  [
    'a number of 16,000 digits for a tenant',
    4400,
    () => [textFrameOf(`{"type":"subscribe","topics":["sessions"],"tenant":${'9'.repeat(16_000)}}`)],
  ],
  [
    'a key twice, of which the last one counts',
    4403,
    () => [textFrameOf('{"type":"subscribe","topics":["sessions"],"tenant":"acme","tenant":"globex"}')],
  ],
  [
    'a prototype of its own',
    4400,
    () => [
      textFrameOf('{"type":"subscribe","topics":["sessions"],"__proto__":{"tenant":"acme"},"kind":"admin"}'),
    ],
  ],
  ['nothing but a prototype', 4400, () => [textFrameOf('{"__proto__":{"type":"refresh"}}')]],
  [
    'a constructor',
    4400,
    () => [textFrameOf('{"type":"refresh","constructor":{"prototype":{"kind":"admin"}}}')],
  ],
  [
    'thousands of subscriptions',
    4429,
    () => many(5_000, () => textFrameOf({ type: 'subscribe', topics: ['sessions'] })),
  ],
  ['thousands of tokens', 4429, () => many(5_000, () => textFrameOf({ type: 'auth', token: 'x' }))],
  ['pings without end', 4429, () => many(5_000, () => rawFrame({ opcode: ping, payload: 'x' }))],
]

test.each(FEED)(
  '%s closes its own connection to the feed with %i, and no other',
  async (what, code, frames) => {
    const client = await scene.watch(acme)
    client.write(...frames())
    // An invalid token may be refused before there are too many of them.
    expect(what === 'thousands of tokens' ? [4401, code] : [code]).toContain(await client.ended)
    expect(Reflect.get({}, 'kind') ?? Reflect.get({}, 'tenant')).toBeUndefined()
    await others.areUntouched()
  },
)

const PUSHER: readonly (readonly [what: string, code: number, frames: () => readonly Buffer[]])[] = [
  ['binary', 1007, () => [rawFrame({ opcode: binary, payload: '{"event":"pusher:ping"}' })]],
  ['brackets, 8,000 deep', 1007, () => [textFrameOf(nested(8_000))]],
  [
    'a number that no double can hold, for an event',
    1007,
    () => [textFrameOf(`{"event":1e${'9'.repeat(10_000)}}`)],
  ],
  ['nothing but a prototype', 1007, () => [textFrameOf('{"__proto__":{"event":"pusher:ping"}}')]],
  [
    'thousands of subscriptions',
    4100,
    () => many(5_000, () => textFrameOf({ event: 'pusher:subscribe', data: { channel: 'x' } })),
  ],
  ['pings without end', 4100, () => many(5_000, () => rawFrame({ opcode: ping, payload: 'x' }))],
  ['Pusher’s pings without end', 4100, () => many(5_000, () => textFrameOf({ event: 'pusher:ping' }))],
]

test.each(PUSHER)('%s closes its own Pusher connection with %i, and no other', async (_, code, frames) => {
  const client = await scene.watchPusher(acme)
  client.write(...frames())
  expect(await client.ended).toBe(code)
  await others.areUntouched()
})

test.each([
  ['brackets for a channel', `{"event":"pusher:subscribe","data":${nested(4_000)}}`],
  ['brackets for a channel, as text', JSON.stringify({ event: 'pusher:subscribe', data: nested(4_000) })],
  ['a prototype for a channel', '{"event":"pusher:subscribe","data":{"__proto__":{"channel":"x"}}}'],
  ['a number for a channel', '{"event":"pusher:subscribe","data":{"channel":1e999}}'],
])('%s gets an error of Pusher’s protocol, and closes nothing', async (_, message) => {
  const client = await scene.watchPusher(acme)
  client.write(textFrameOf(message))
  expect(await client.text('pusher:error')).toContain('"code":null')
  client.destroy()
  await others.areUntouched()
})
