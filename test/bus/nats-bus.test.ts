import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { NatsBus, type NatsBusOptions } from '../../src/bus/nats-bus.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { HAS_NATS, NatsServer } from '../harness/nats-server.ts'
import { LogLines } from '../runtime/log-lines.ts'
import { rethrow } from '../runtime/rethrow.ts'

const ends: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function serving(args: readonly string[] = []): Promise<NatsServer> {
  const server = await NatsServer.start(args)
  ends.push(() => server.kill())
  return server
}

function connecting(server: Pick<NatsServer, 'url'>, options: Partial<NatsBusOptions> = {}) {
  const lines = new LogLines()
  const bus = new NatsBus({
    ...{ servers: [server.url], access: {}, tls: undefined, name: 'test', clock: systemClock },
    ...{ log: lines.log, onBug: rethrow, ...options },
  })
  bus.start()
  ends.push(() => bus.stop())
  return { bus, lines }
}

async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 400 && !isSo(); turn++) await sleep(25)
  expect(isSo()).toBe(true)
}

describe.skipIf(!HAS_NATS)('a NATS server', () => {
  it('passes messages on to the others, and not to the one who sent them', async () => {
    const server = await serving()
    const [a, b] = [connecting(server).bus, connecting(server).bus]
    const got: string[] = []
    const note = (who: string) => (message: Uint8Array, subject: string) => {
      got.push(`${who} ${subject} ${Buffer.from(message).toString()}`)
    }
    a.subscribe('x.*', note('a'))
    b.subscribe('x.*', note('b'))
    await until(() => a.isUp && b.isUp)
    await sleep(50)
    a.publish('x.one', Buffer.from('hello'))
    await until(() => got.length > 0)
    expect(got).toEqual(['b x.one hello'])
    expect(a.mostBytes).toBe(1024 * 1024)
    expect([a.published, b.received]).toEqual([1, 1])
  })

  it('that comes later, goes and comes back is found by itself, with all subscriptions', async () => {
    const server = await serving()
    await server.kill()
    const { bus: a, lines } = connecting(server)
    const { bus: b } = connecting(server)
    const got: string[] = []
    b.subscribe('x', message => void got.push(Buffer.from(message).toString()))
    await until(() => lines.messages.length > 0)
    expect(a.isUp).toBe(false)
    a.publish('x', Buffer.from('dropped'))
    for (const round of ['first', 'second']) {
      await server.start()
      await until(() => a.isUp && b.isUp)
      await sleep(100)
      a.publish('x', Buffer.from(round))
      await until(() => got.at(-1) === round)
      await server.kill()
      await until(() => !a.isUp && !b.isUp)
    }
    expect(got).toEqual(['first', 'second'])
    expect(lines.messages.map(it => String(it).split(':')[0])).toEqual([
      ...['the bus is away', 'the bus is back', 'the bus is away', 'the bus is back', 'the bus is away'],
    ])
  }, 40_000)

  it('that hangs does not hold up a stop', async () => {
    const server = await serving()
    const { bus } = connecting(server)
    await until(() => bus.isUp)
    server.pause()
    bus.publish('x', Buffer.alloc(100_000))
    const beganMs = performance.now()
    await bus.stop()
    expect(performance.now() - beganMs).toBeLessThan(2_000)
    server.resume()
  })

  it('with a password is given it, and a wrong one is logged once', async () => {
    const server = await serving(['--user', 'tikmeter', '--pass', 's3cret'])
    const right = connecting(server, { access: { user: 'tikmeter', password: 's3cret' } })
    const wrong = connecting(server, { access: { user: 'tikmeter', password: 'guess' } })
    await until(() => right.bus.isUp && wrong.lines.messages.length > 0)
    await sleep(300)
    expect(wrong.bus.isUp).toBe(false)
    expect(JSON.stringify(wrong.lines.lines)).toMatch(/authorization/i)
    expect(JSON.stringify(wrong.lines.lines)).not.toContain('guess')
    expect(wrong.lines.messages).toHaveLength(1)
  })
})
