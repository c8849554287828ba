import { afterEach, beforeEach, expect, test } from 'vitest'
import { MAX_MESSAGE_BYTES } from '../../src/feed/feed-messages.ts'
import { FEED_PATH, ServedScene, tokenFor } from '../auth/served-scene.ts'
import { acme } from '../feed/feed-fixture.ts'
import { handshakeOf, OPCODE, type RawClient, rawFrame, textFrameOf } from '../feed/raw-client.ts'
import { Witnesses } from '../feed/witnesses.ts'

let scene: ServedScene
let others: Witnesses

beforeEach(async () => {
  scene = await new ServedScene([acme]).start()
  others = await Witnesses.of(scene)
})

afterEach(() => scene.stop())

/** Sends one byte a second of a frame with a permitted length. */
async function drip(client: RawClient, seconds: number): Promise<void> {
  client.answersPings = false
  client.write(rawFrame({ opcode: OPCODE.text, payload: '', declaredLength: BigInt(MAX_MESSAGE_BYTES) }))
  for (let second = 0; second < seconds && !client.socket.closed; second++) {
    client.write(Buffer.from('x'))
    await others.pass(1_000)
  }
}

test('a frame that never ends is cut off at the second ping, and without a token after five seconds', async () => {
  const client = await scene.watch(acme)
  await drip(client, 60)
  expect(await client.ended).toBeUndefined()
  const anonymous = await scene.open()
  await drip(anonymous, 5)
  expect(await anonymous.ended).toBe(4408)
  await others.areUntouched()
})

test('a Pusher frame that never ends is closed with 4201 at the second ping', async () => {
  const client = await scene.watchPusher(acme)
  await drip(client, 60)
  expect(await client.ended).toBe(4201)
  await others.areUntouched()
})

test('a client that never answers a ping is gone after a minute', async () => {
  const [own, pusher] = [await scene.watch(acme), await scene.watchPusher(acme)]
  for (const client of [own, pusher]) client.answersPings = false
  await others.pass(60_000)
  expect([await own.ended, await pusher.ended]).toEqual([undefined, 4201])
  await others.areUntouched()
})

test('a client that sends nothing after the handshake is closed with 4408 in five seconds', async () => {
  const client = await scene.open()
  await others.pass(5_000)
  expect(await client.ended).toBe(4408)
  await others.areUntouched()
})

/** Makes snapshots and stats of half a megabyte, of which the kernel buffers at most one for a client that stalls. */
function fatten({ board }: ServedScene): void {
  const snapshotOf = board.snapshot.bind(board)
  board.snapshot = (tenant, now) => {
    const snapshot = snapshotOf(tenant, now)
    return { ...snapshot, stats: { ...snapshot.stats, timezone: 'x'.repeat(500_000) } }
  }
}

test('a client that reads one byte a second is too slow, and the others get every large snapshot', async () => {
  const [own, pusher] = [await scene.watch(acme), await scene.watchPusher(acme)]
  for (const { socket } of [own, pusher]) socket.pause()
  fatten(scene)
  for (let second = 0; second < 40; second++) {
    for (const { socket } of [own, pusher]) socket.read(1)
    await others.pass(1_000)
  }
  for (const { socket } of [own, pusher]) socket.resume()
  expect([await own.ended, await pusher.ended]).toEqual([4413, 4100])
  await others.areUntouched()
})

test('at most a window and one message are sent ahead of what a client has confirmed', async () => {
  const [own, pusher] = [await scene.watch(acme), await scene.watchPusher(acme)]
  for (const client of [own, pusher]) client.answersPings = false
  fatten(scene)
  await others.pass(25_000)
  // Whatever the kernel buffers: of five snapshots of half a megabyte one was sent, and of the stats both events.
  expect(own.bytesRead).toBeLessThan(600_000)
  expect(pusher.bytesRead).toBeLessThan(1_200_000)
  own.answersPings = true
  await others.pass(25_000)
  for (const { socket } of [own, pusher]) socket.destroy()
  await others.areUntouched()
})

test('a client that sends requests and reads no answers is gone after a minute', async () => {
  const client = await scene.watch(acme)
  client.socket.pause()
  for (let second = 0; second < 60; second++) {
    for (let count = 0; count < 4; count++)
      client.write(rawFrame({ opcode: OPCODE.ping, payload: 'x'.repeat(125) }))
    for (const type of ['subscribe', 'unsubscribe', 'subscribe'])
      client.write(textFrameOf({ type, topics: ['sessions'] }))
    await others.pass(1_000)
  }
  client.socket.resume()
  expect(await client.ended).toBeUndefined()
  await others.areUntouched()
})

test.each(['reset', 'ended', 'reset in the middle of a frame'])(
  'a connection that is %s leaves nothing behind',
  async how => {
    const clients = [await scene.watch(acme), await scene.watchPusher(acme), await scene.open()]
    for (const { socket } of clients) {
      if (how.endsWith('frame')) socket.write(textFrameOf('x'.repeat(5_000)).subarray(0, 2_000))
      if (how === 'ended') socket.end()
      else socket.resetAndDestroy()
    }
    await others.areUntouched()
  },
)

test('a handshake with headers that are too long is refused, and so is one without headers', async () => {
  for (const path of [FEED_PATH, '/app/x']) {
    const client = scene.connect()
    expect(await client.upgrade(path, [`X-Long: ${'x'.repeat(20_000)}`])).toMatch(/^HTTP\/1.1 431 /)
    await client.ended
  }
  const bare = scene.connect()
  bare.socket.write(`GET ${FEED_PATH} HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)
  await bare.ended
  await others.areUntouched()
})

/** Before there is a WebSocket, Node's own timers apply, which are real: so all cases run at the same time. */
test('a handshake byte by byte is cut off within fifteen seconds, a body within thirty-five', async () => {
  const handshake = handshakeOf(FEED_PATH, [])
  const body = [
    'POST /broadcasting/auth HTTP/1.1',
    'Host: localhost',
    `Authorization: Bearer ${await tokenFor(acme)}`,
    'Content-Type: application/json',
    'Content-Length: 4000',
  ]
  const head = `${body.join('\r\n')}\r\n\r\n`
  const [upgrading, posting] = [scene.connect(), scene.connect()]
  const began = performance.now()
  const endings = Promise.all([took(upgrading, began), took(posting, began)])
  posting.socket.write(head)
  for (let at = 0; !posting.socket.closed; at++) {
    if (!upgrading.socket.closed && at < handshake.length - 2) upgrading.socket.write(handshake.charAt(at))
    if (!posting.socket.closed) posting.socket.write('x')
    await Promise.race([posting.ended, new Promise(resolve => setTimeout(resolve, 250))])
  }
  const [upgradingMs, postingMs] = await endings
  expect(upgradingMs).toBeLessThan(17_000)
  expect(postingMs).toBeLessThan(38_000)
  await others.areUntouched()
}, 60_000)

async function took(client: RawClient, sinceMs: number): Promise<number> {
  await client.ended
  return performance.now() - sinceMs
}
