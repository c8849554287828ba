import { createServer as createTlsServer } from 'node:https'
import { createServer } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { setImmediate } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it, test } from 'vitest'
import { selfSignedIdentity } from '../harness/fleet/certificate.ts'
import { Unavailable } from '../recording/recorder-scene.ts'
import { listening } from '../runtime/listening.ts'
import { refOf, SECRET, WebhooksScene } from './webhooks-scene.ts'

const MINUTE_MS = 60_000
const TIMEOUT_MS = 10_000

async function begin(...paths: readonly string[]): Promise<WebhooksScene> {
  const scene = new WebhooksScene()
  await scene.run(...paths)
  return scene
}

test('an alert is posted according to Standard Webhooks', async () => {
  const scene = await begin('/a')
  const id = scene.add('/a')
  await scene.until(id, 'delivered 1')
  const { method, headers, body } = scene.endpoint.received[0] ?? expect.fail()
  expect(method).toBe('POST')
  expect(headers).toMatchObject({
    ...{ 'content-type': 'application/json', 'user-agent': 'tikmeter/0.1.0', 'webhook-id': id },
    'webhook-timestamp': String(scene.clock.now().getTime() / 1_000),
    'content-length': String(Buffer.byteLength(body)),
  })
  expect(headers['webhook-signature']).toBe(
    new Webhook(Buffer.from(SECRET), { format: 'raw' }).sign(id, scene.clock.now(), body),
  )
  expect(scene.observed).toEqual(['delivered json 1'])
})

test('a private address is posted to only if allowed, whatever its name, and not over a kept connection', async () => {
  const scene = await begin('/a')
  await scene.until(scene.add('/a'), 'delivered 1')
  const { port } = new URL(scene.endpoint.url('/a'))
  const hosts = ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433']
  scene.setAddresses(new Map(hosts.map(host => [`/${host}`, `http://${host}:${port}/a`])), false)
  for (const host of hosts)
    await scene.until(
      scene.add(`/${host}`),
      'pending 1 refused: its address is private, and webhooks_private is false',
    )
  expect(scene.endpoint.connections).toBe(1)
  expect(scene.endpoint.received).toHaveLength(1)
})

test('each attempt has the same id and body, and its own time', async () => {
  const scene = await begin('/a')
  scene.endpoint.answering = response => response.writeHead(500).end()
  const id = scene.add('/a')
  await scene.until(id, 'pending 1 HTTP 500')
  scene.endpoint.answering = response => response.end()
  await scene.turnUntil(id, 'delivered 2')
  const [first, second] = scene.endpoint.received
  expect(second?.id).toBe(first?.id)
  expect(second?.body).toBe(first?.body)
  expect(Number(second?.headers['webhook-timestamp'])).toBeGreaterThanOrEqual(
    Number(first?.headers['webhook-timestamp']) + 10,
  )
})

test('a refused delivery is retried after growing rests', async () => {
  const scene = await begin('/a')
  const times: number[] = []
  scene.endpoint.answering = response => {
    times.push(scene.clock.steadyMs() / 1_000)
    response.writeHead(500).end()
  }
  const id = scene.add('/a')
  await scene.turnUntil(id, 'pending 5 HTTP 500')
  const rests = times.slice(1).map((at, index) => at - (times[index] ?? 0))
  // The loop looks every 5 s.
  for (const [index, full] of [10, 20, 40, 80].entries()) {
    expect(rests[index]).toBeGreaterThanOrEqual(full)
    expect(rests[index]).toBeLessThan(full + 6)
  }
})

describe('an endpoint that', () => {
  it('hangs gets ten seconds', async () => {
    const scene = await begin('/a')
    scene.endpoint.answering = () => {}
    const id = scene.add('/a')
    await scene.endpoint.untilReceived(1)
    await scene.clock.turn(TIMEOUT_MS - 1)
    expect(scene.store.state(id)).toBe('pending 1')
    await scene.clock.turn(1)
    await scene.until(id, 'pending 1 no answer within 10 s')
    await expect.poll(() => scene.endpoint.open).toBe(0)
  })

  it('answers one letter at a time gets no longer', async () => {
    const scene = await begin('/a')
    let dripped = 0
    scene.endpoint.answering = async (response, _, { socket }) => {
      for (const letter of `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(1_000)}`) {
        if (socket.destroyed) return
        socket.write(letter)
        dripped++
        await new Promise(resolve => setTimeout(resolve, 1))
      }
      response.end()
    }
    const id = scene.add('/a')
    await expect.poll(() => dripped).toBeGreaterThan(30)
    await scene.clock.turn(TIMEOUT_MS)
    await scene.until(id, 'pending 1 no answer within 10 s')
  })

  it('accepts and never ends its answer has accepted', async () => {
    const scene = await begin('/a')
    const said = new Promise<void>(resolve => {
      scene.endpoint.answering = response => response.writeHead(200).write('and ', () => resolve())
    })
    const id = scene.add('/a')
    await said
    // Until the status has arrived as well.
    for (let round = 0; round < 20; round++) await setImmediate()
    await scene.clock.turn(TIMEOUT_MS)
    await scene.until(id, 'delivered 1')
    await expect.poll(() => scene.endpoint.open).toBe(0)
  })

  it('breaks off during its answer has accepted', async () => {
    const scene = await begin('/a')
    scene.endpoint.answering = (response, _, { socket }) =>
      response.writeHead(200, { 'content-length': '10' }).write('and', () => socket.destroy())
    await scene.until(scene.add('/a'), 'delivered 1')
  })

  it('answers megabytes has only a few kilobytes of them read', async () => {
    const scene = await begin('/a')
    let sent = 0
    function* megabytes() {
      for (const chunk = 'x'.repeat(65_536); sent < 64 << 20; sent += chunk.length) yield chunk
    }
    scene.endpoint.answering = response => {
      pipeline(megabytes(), response).catch(() => {})
    }
    const id = scene.add('/a')
    await scene.until(id, 'delivered 1')
    // The limit allows for the buffers of the system.
    expect(sent).toBeLessThan(16 << 20)
  })

  it('redirects is not followed', async () => {
    const scene = await begin('/a')
    scene.endpoint.answering = response =>
      response.writeHead(307, { location: scene.endpoint.url('/b') }).end()
    const id = scene.add('/a')
    await scene.until(id, 'pending 1 HTTP 307')
    expect(scene.endpoint.received.map(({ path }) => path)).toEqual(['/a'])
  })

  it('closes the connection is retried', async () => {
    const scene = await begin('/a')
    scene.endpoint.answering = (_response, _received, { socket }) => socket.destroy()
    const id = scene.add('/a')
    await scene.until(id, 'pending 1 connection closed without an answer')
  })

  it('speaks another protocol is retried', async () => {
    const scene = await begin('/a')
    scene.endpoint.answering = (_response, _received, { socket }) => socket.end('SSH-2.0-ROSSSH\r\n')
    const id = scene.add('/a')
    await scene.until(id, 'pending 1 its answer is not HTTP (HPE_INVALID_CONSTANT)')
  })

  it('switches protocols is retried', async () => {
    const scene = await begin('/a')
    scene.endpoint.answering = (_response, _received, { socket }) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')
    const id = scene.add('/a')
    await scene.until(id, 'pending 1 connection closed without an answer')
  })

  it('is busy is left alone for the time it asks for', async () => {
    const scene = await begin('/a')
    scene.endpoint.answering = response => response.writeHead(503, { 'retry-after': '90' }).end()
    const id = scene.add('/a')
    await scene.until(id, 'pending 1 HTTP 503')
    await scene.clock.turn(89_000)
    expect(scene.endpoint.received).toHaveLength(1)
    await scene.turnUntil(id, 'pending 2 HTTP 503', 7)
  })

  it('is gone is tried once, and reported without secrets', async () => {
    const scene = await begin('/token-in-the-path')
    scene.endpoint.answering = response => response.writeHead(410).end('canary of the answer')
    const id = scene.add('/token-in-the-path')
    await scene.until(id, 'dead 1 HTTP 410')
    expect(scene.logged.told).toEqual([
      expect.objectContaining({
        ...{ level: 50, tenant: 'acme', webhook: 'token-in-the-path'.replaceAll('-', '') },
        ...{ alert: 1, event: 'fired', error: 'HTTP 410' },
        msg: 'alert given up: its webhook did not accept it',
      }),
    ])
    expect(JSON.stringify(scene.logged.lines)).not.toMatch(
      /token-in-the-path|canary|twenty-four|127\.0\.0\.1/,
    )
    expect(scene.observed).toEqual(['dead json 1'])
  })

  it('closes kept connections gets the message at once, on a new one', async () => {
    const scene = await begin('/a')
    const first = scene.add('/a')
    await scene.until(first, 'delivered 1')
    scene.endpoint.answering = (response, _, { socket }) => {
      if (scene.endpoint.connections === 1) socket.destroy()
      else response.end()
    }
    const second = scene.add('/a')
    await scene.until(second, 'delivered 1')
    expect(scene.endpoint.ids).toEqual([first, second, second])
  })
})

test('an address that is unused or unusable is retried, and its error does not show it', async () => {
  const port = await portOfNobody()
  const addresses = {
    [`http://127.0.0.1:${port}/x`]: 'connection refused',
    'http://nobody.invalid/x': 'host unknown',
    'http://a%zz:b@127.0.0.1/x': 'unusable URL',
  }
  const scene = await begin(...Object.keys(addresses))
  for (const [address, error] of Object.entries(addresses)) {
    const id = scene.add(address)
    await expect.poll(() => scene.store.state(id)).toMatch(new RegExp(`^pending 1 ${error}`))
  }
})

test('an untrusted certificate gets nothing', async () => {
  let requests = 0
  const server = createTlsServer(selfSignedIdentity(), () => requests++)
  const address = `https://127.0.0.1:${await listening(server)}/x`
  const scene = await begin(address)
  const id = scene.add(address)
  await scene.until(id, 'pending 1 certificate refused (DEPTH_ZERO_SELF_SIGNED_CERT)')
  expect(requests).toBe(0)
})

test('a silent server gets ten seconds, with TLS or without', async () => {
  let connections = 0
  const address = `https://127.0.0.1:${await listening(createServer(() => connections++))}/x`
  const scene = await begin(address)
  const id = scene.add(address)
  await expect.poll(() => connections).toBe(1)
  await scene.clock.turn(TIMEOUT_MS)
  await scene.until(id, 'pending 1 no answer within 10 s')
})

test('connections are kept between posts, and closed at the end', async () => {
  const scene = await begin('/a')
  const ids = Array.from({ length: 20 }, () => scene.add('/a'))
  for (const id of ids) await scene.until(id, 'delivered 1')
  expect(scene.endpoint.connections).toBe(1)
  expect(scene.endpoint.open).toBe(1)
  await scene.stop()
  await expect.poll(() => scene.endpoint.open).toBe(0)
})

describe('a webhook', () => {
  it('gets one message at a time, in order, without waiting for dead ones', async () => {
    const scene = await begin('/a')
    const ids = Array.from({ length: 6 }, () => scene.add('/a'))
    let fails = 2
    scene.endpoint.answering = (response, { id }) => {
      if (id === ids[1] && fails-- > 0) response.writeHead(500).end()
      else response.writeHead(id === ids[3] ? 410 : 200).end()
    }
    await scene.turnUntil(ids[5] ?? '', 'delivered 1')
    expect(scene.endpoint.ids).toEqual([ids[0], ids[1], ids[1], ids[1], ids[2], ids[3], ids[4], ids[5]])
    expect(scene.endpoint.most).toEqual(new Map([['/a', 1]]))
  })

  it('that hangs delays no other', async () => {
    const scene = await begin('/hangs', '/a')
    scene.endpoint.answering = (response, { path }) => {
      if (path !== '/hangs') response.end()
    }
    const held = Array.from({ length: 5 }, () => scene.add('/hangs'))
    const ids = Array.from({ length: 50 }, () => scene.add('/a'))
    for (const id of ids) await scene.until(id, 'delivered 1')
    expect(scene.store.state(held[0] ?? '')).toBe('pending 1')
    expect(scene.endpoint.received.filter(({ path }) => path === '/hangs')).toHaveLength(1)
  })

  it('gets its turn although more are slow than are posted to at once', async () => {
    const slow = Array.from({ length: 20 }, (_, number) => `/slow${number}`)
    const scene = await begin(...slow, '/a')
    const held: (() => void)[] = []
    scene.endpoint.answering = response => held.push(() => response.end())
    for (const path of slow) for (let n = 0; n < 3; n++) scene.add(path)
    scene.add('/a')
    await scene.endpoint.untilReceived(16)
    expect(scene.endpoint.received).toHaveLength(16)
    for (const answer of held.splice(0, 5)) answer()
    await scene.endpoint.untilReceived(21)
    const paths = scene.endpoint.received.map(({ path }) => path)
    expect(new Set(paths)).toEqual(new Set([...slow, '/a']))
  })

  it('that fails is reported once, and once more when it is well', async () => {
    const scene = await begin('/a')
    scene.endpoint.answering = response => response.writeHead(500).end()
    const id = scene.add('/a')
    await scene.turnUntil(id, 'pending 3 HTTP 500')
    scene.endpoint.answering = response => response.end()
    await scene.turnUntil(id, 'delivered 4')
    await scene.until(scene.add('/a'), 'delivered 1')
    expect(scene.logged.told.map(({ level, webhook, error, msg }) => [level, webhook, error, msg])).toEqual([
      [40, 'a', 'HTTP 500', 'webhook does not accept alerts; they are retried'],
      [30, 'a', undefined, 'webhook accepts alerts again'],
    ])
    expect(scene.observed).toEqual(
      ['retried', 'retried', 'retried', 'delivered', 'delivered'].map(it => `${it} json 1`),
    )
  })

  it('that comes with a new config is posted to, and one that leaves is not', async () => {
    const scene = await begin('/a')
    scene.endpoint.answering = response => response.writeHead(500).end()
    const gone = scene.add('/a')
    await scene.until(gone, 'pending 1 HTTP 500')
    const id = scene.add('/b')
    scene.endpoint.answering = response => response.end()
    scene.setWebhooks('/b')
    await scene.until(id, 'delivered 1')
    await scene.clock.turn(5 * MINUTE_MS)
    expect(scene.store.state(gone)).toBe('pending 1 HTTP 500')
  })

  it('that has moved is posted to at its new address', async () => {
    const scene = await begin('/a')
    scene.store.meanwhile = () => {
      scene.store.meanwhile = () => {}
      scene.setAddresses(new Map([['/a', '/moved']]))
    }
    for (const id of [scene.add('/a'), scene.add('/a')]) await scene.until(id, 'delivered 1')
    expect(scene.endpoint.received.map(({ path }) => path)).toEqual(['/moved', '/moved'])
  })

  it('that is removed during a post has that post settled', async () => {
    const { scene, id, next, answer } = await postUnderWay()
    scene.setWebhooks()
    answer()
    await scene.until(id, 'delivered 1')
    await scene.clock.turn(MINUTE_MS)
    expect(scene.store.state(next)).toBe('pending 0')
  })
})

test('given-up deliveries of removed webhooks are reported, and looked for every ten minutes', async () => {
  const scene = new WebhooksScene()
  const asked: unknown[] = []
  scene.store.bury = async (tenants, webhooks) => {
    asked.push([tenants, webhooks])
    return asked.length === 1 ? [{ ...refOf('/gone'), deliveries: 2 }] : []
  }
  await scene.run('/a')
  await scene.clock.turn(10 * MINUTE_MS - 1)
  expect(asked).toEqual([[['acme'], [refOf('/a')]]])
  await scene.clock.turn(10_000)
  expect(asked).toHaveLength(2)
  expect(scene.observed).toEqual(['dead removed 2'])
  expect(scene.logged.told).toEqual([
    expect.objectContaining({ level: 50, tenant: 'acme', webhook: 'gone', deliveries: 2 }),
  ])
})

describe('while the database is away', () => {
  it('nothing is posted, which is reported once', async () => {
    const scene = await begin('/a')
    await scene.clock.turn(1)
    scene.store.failure = new Unavailable('gone')
    const id = scene.add('/a')
    const claims = scene.store.claims
    await scene.clock.turn(MINUTE_MS)
    expect(scene.store.claims - claims).toBeGreaterThanOrEqual(12)
    expect(scene.store.claims - claims).toBeLessThanOrEqual(14)
    expect(scene.endpoint.received).toEqual([])
    scene.store.failure = undefined
    await scene.turnUntil(id, 'delivered 1')
    expect(scene.logged.told.map(({ level, msg }) => [level, msg])).toEqual([
      [40, 'alerts are not sent to webhooks for now'],
      [30, 'alerts are sent to webhooks again'],
    ])
  })

  it('accepted messages are remembered and not posted again', async () => {
    const scene = await begin('/a')
    scene.endpoint.answering = response => {
      scene.store.failure = new Unavailable('gone')
      response.end()
    }
    const id = scene.add('/a')
    await scene.endpoint.untilReceived(1)
    await scene.untilAnswered()
    await scene.clock.turn(10 * MINUTE_MS)
    expect(scene.store.state(id)).toBe('pending 1')
    scene.store.failure = undefined
    await scene.turnUntil(id, 'delivered 1')
    expect(scene.endpoint.received).toHaveLength(1)
  })
})

test('a bug ends the loop with its error', async () => {
  const scene = await begin('/a')
  scene.store.settle = () => Promise.reject(new TypeError('not a function'))
  scene.add('/a')
  await expect.poll(() => scene.bugs).toEqual([new TypeError('not a function')])
})

describe('at the stop', () => {
  it('a post under way has two seconds to end', async () => {
    const { scene, id, next, answer } = await postUnderWay()
    const stopping = scene.stop()
    await scene.clock.turn(1_999)
    answer()
    await stopping
    expect([scene.store.state(id), scene.store.state(next)]).toEqual(['delivered 1', 'pending 0'])
  })

  it('a post that hangs is cut off, and may be claimed at once', async () => {
    const scene = await begin('/a')
    scene.endpoint.answering = () => {}
    const id = scene.add('/a')
    await scene.endpoint.untilReceived(1)
    const stopping = scene.stop()
    await scene.clock.turn(2_000)
    await stopping
    expect(scene.store.state(id)).toBe('pending 1 cut off because the daemon stopped')
    expect(scene.store.rows[0]?.dueMs).toBeLessThanOrEqual(scene.clock.steadyMs())
    expect(scene.clock.sleepers).toBe(0)
    await expect.poll(() => scene.endpoint.open).toBe(0)
    expect(scene.logged.told).toEqual([])
  })

  it('a delivery that waits for the database stops waiting', async () => {
    const scene = await begin('/a')
    scene.endpoint.answering = response => {
      scene.store.failure = new Unavailable('gone')
      response.end()
    }
    scene.add('/a')
    await scene.endpoint.untilReceived(1)
    await expect.poll(() => scene.logged.told.length).toBe(1)
    await scene.stop()
    expect(scene.clock.sleepers).toBe(0)
  })
})

/** Two deliveries of one webhook: the first is posted and waits for `answer`, the next waits for the first. */
async function postUnderWay() {
  const scene = await begin('/a')
  let answer = () => {}
  scene.endpoint.answering = response => {
    answer = () => response.end()
  }
  const [id, next] = [scene.add('/a'), scene.add('/a')]
  await scene.endpoint.untilReceived(1)
  return { scene, id, next, answer: () => answer() }
}

/** A port on which nobody listens any longer. */
async function portOfNobody(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}
