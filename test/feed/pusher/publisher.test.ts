import { setImmediate } from 'node:timers/promises'
import Pusher from 'pusher'
import { describe, expect, it, onTestFinished, test, vi } from 'vitest'
import { type TenantId, tenantId } from '../../../src/accounting/ids.ts'
import { eventRequest } from '../../../src/feed/pusher/event-request.ts'
import { Publisher } from '../../../src/feed/pusher/publisher.ts'
import { NO_TOTALS, type Snapshot, statsOf } from '../../../src/live/snapshot.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { Sender } from '../../../src/runtime/post/sender.ts'
import { HandClock } from '../../runtime/hand-clock.ts'
import { LogLines } from '../../runtime/log-lines.ts'
import { rethrow } from '../../runtime/rethrow.ts'
import { APP, PusherApi } from './pusher-api.ts'

const INTERVAL_MS = 5_000

/** A publisher of tenants whose sessions the test counts, and the server that it publishes to. */
class Scene {
  readonly clock = new HandClock('2026-11-26T10:00:00Z')
  /** How far the server's clock is ahead. */
  serverAheadMs = 0
  readonly api = new PusherApi(() => this.clock.now().getTime() + this.serverAheadMs)
  readonly logged = new LogLines()
  readonly sessions = new Map<TenantId, number>()
  readonly others = new Set<string>()
  readonly counted = { published: 0, failed: 0 }
  /** Requests under way. */
  #posting = 0

  /** Starts, and waits for the first turn. */
  async run(...tenants: readonly string[]): Promise<Publisher> {
    const publisher = await this.begin(...tenants)
    await this.#untilRest()
    return publisher
  }

  async begin(...tenants: readonly string[]): Promise<Publisher> {
    for (const tenant of tenants) this.sessions.set(tenantId(tenant), 0)
    await this.api.listen()
    const { clock } = this
    const sender = new Sender({ version: '0.1.0', clock })
    const publisher = new Publisher({
      app: { ...APP, host: '127.0.0.1', port: this.api.port, isTls: false },
      source: {
        tenants: () => [...this.sessions.keys()],
        snapshot: (tenant, now) => this.#snapshot(tenant, now),
      },
      isOurs: tenant => !this.others.has(tenant),
      sender: {
        post: async (post, cut) => {
          this.#posting += 1
          const outcome = await sender.post(post, cut)
          this.#posting -= 1
          return outcome
        },
        close: () => sender.close(),
      },
      ...{ intervalMs: INTERVAL_MS, random: () => 0, clock, log: this.logged.log, onBug: rethrow },
      observer: {
        published: (outcome, events) => {
          this.counted[outcome] += events
        },
      },
    })
    publisher.start()
    onTestFinished(async () => {
      await publisher.stop()
      await this.api.close()
    })
    return publisher
  }

  /** Moves to the next turn, and waits until it is over. */
  async turn(ms = INTERVAL_MS): Promise<void> {
    await this.clock.turn(ms)
    await this.#untilRest()
  }

  /** Waits until the turn is over: nothing is under way for a while, and the publisher sleeps. */
  async #untilRest(): Promise<void> {
    for (let calm = 0; calm < 20; calm++) {
      await setImmediate()
      if (this.#posting > 0 || this.clock.sleepers === 0) calm = 0
    }
  }

  #snapshot(tenant: TenantId, now: Date): Snapshot | undefined {
    const activeSessions = this.sessions.get(tenant)
    if (activeSessions === undefined) return undefined
    const where = { day: '2026-11-26', timezone: 'Africa/Nairobi' }
    return { tenant, asOf: now, stats: statsOf({ ...NO_TOTALS, activeSessions }, where, now), routers: [] }
  }
}

describe('a request', () => {
  const at = new Date('2026-11-26T10:00:00Z')
  const target = { ...APP, host: 'reverb.example', port: 443, isTls: true }
  const stats = statsOf(NO_TOTALS, undefined, at)
  const several = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ tenant: tenantId(`t-${index}`), stats }))

  it.each([1, 2, 10])('is signed as the pusher package signs it, with %i events', count => {
    vi.useFakeTimers({ toFake: ['Date'], now: at })
    onTestFinished(() => void vi.useRealTimers())
    const { url, body } = eventRequest(target, several(count), at)
    const { origin, pathname, search } = new URL(url)
    const library = new Pusher({ appId: APP.app, key: APP.key, secret: APP.secret, host: 'reverb.example' })
    expect(origin).toBe('https://reverb.example')
    expect(search.slice(1)).toBe(
      library.createSignedQueryString({ method: 'POST', path: pathname, body, params: {} }),
    )
  })

  it('has the form that the pusher package gives it', async () => {
    const api = new PusherApi()
    await api.listen()
    onTestFinished(() => api.close())
    const library = new Pusher({
      ...{ appId: APP.app, key: APP.key, secret: APP.secret },
      ...{ host: '127.0.0.1', port: String(api.port), useTLS: false },
    })
    const sender = new Sender({ version: '0.1.0', clock: systemClock })
    const ours = { ...target, host: '127.0.0.1', port: api.port, isTls: false }
    const [one, two] = several(2)
    if (one === undefined || two === undefined) throw new Error('two are two')
    await library.trigger('private-tenant.t-0.dashboard-stats', 'stats.updated', { stats })
    await library.triggerBatch(
      [one, two].map(({ tenant }) => ({
        ...{ channel: `private-tenant.${tenant}.dashboard-stats`, name: 'stats.updated', data: { stats } },
      })),
    )
    const theirs = api.events.splice(0)
    for (const batch of [[one], [one, two]])
      expect(
        await sender.post(eventRequest(ours, batch, new Date()), new AbortController().signal),
      ).toMatchObject({ status: 200 })
    sender.close()
    expect(api.events).toEqual(theirs)
    expect(api.refused).toEqual([])
  })

  it('goes to an IPv6 address, too', () => {
    const { url } = eventRequest({ ...target, host: 'fd00::1', port: 8080, isTls: false }, several(1), at)
    expect(url).toMatch(/^http:\/\/\[fd00::1\]:8080\/apps\/123456\/events\?/)
  })
})

test('the stats of a tenant are published at each interval, if they changed', async () => {
  const scene = new Scene()
  await scene.run('acme')
  expect(scene.api.events).toMatchObject([
    {
      ...{ path: '/apps/123456/events', name: 'stats.updated' },
      channel: 'private-tenant.acme.dashboard-stats',
      data: { stats: { active_sessions: 0, timezone: 'Africa/Nairobi' } },
    },
  ])
  await scene.turn()
  await scene.turn()
  expect(scene.api.requests).toBe(1)
  scene.sessions.set(tenantId('acme'), 7)
  await scene.turn()
  expect(scene.api.events.at(-1)).toMatchObject({ data: { stats: { active_sessions: 7 } } })
  expect(scene.api.requests).toBe(2)
  expect(scene.counted).toEqual({ published: 2, failed: 0 })
  expect(scene.api.refused).toEqual([])
})

test('many tenants are published ten to a request, four requests at a time', async () => {
  const scene = new Scene()
  const tenants = Array.from({ length: 95 }, (_, index) => `t-${index}`)
  await scene.run(...tenants)
  expect(scene.api.requests).toBe(10)
  expect(scene.api.most).toBeLessThanOrEqual(4)
  expect(new Set(scene.api.events.map(({ channel }) => channel)).size).toBe(95)
  expect(scene.api.refused).toEqual([])
})

test('a tenant that another daemon publishes is left to it, and is published at once when it is ours', async () => {
  const scene = new Scene()
  scene.others.add('acme')
  await scene.run('acme')
  expect(scene.api.requests).toBe(0)
  scene.others.clear()
  await scene.turn()
  expect(scene.api.requests).toBe(1)
})

describe('a server that is away', () => {
  it('gets the newest stats when it is back, and is reported once', async () => {
    const scene = new Scene()
    const publisher = await scene.run('acme', 'north')
    await scene.api.close()
    for (const [index, waitMs] of [5_000, 5_000, 10_000, 20_000].entries()) {
      scene.sessions.set(tenantId('acme'), index + 1)
      await scene.turn(waitMs)
    }
    expect(publisher.isUp).toBe(false)
    await scene.api.listen()
    await scene.turn(40_000)
    expect(publisher.isUp).toBe(true)
    const ofAcme = scene.api.events.filter(({ channel }) => channel.includes('acme'))
    expect(ofAcme.map(({ data }) => data)).toMatchObject([
      { stats: { active_sessions: 0 } },
      { stats: { active_sessions: 4 } },
    ])
    expect(scene.logged.told.map(({ level, error, msg }) => [level, error, msg])).toEqual([
      [40, 'connection refused', 'stats are not published for now'],
      [30, undefined, 'stats are published again'],
    ])
    expect(scene.counted).toEqual({ published: 3, failed: 4 })
  })

  it('is asked after growing waits, and one request at a time', async () => {
    const scene = new Scene()
    scene.api.answering = response => {
      response.writeHead(500).end()
      return true
    }
    await scene.run(...Array.from({ length: 95 }, (_, index) => `t-${index}`))
    const first = scene.api.requests
    expect(first).toBeLessThanOrEqual(4)
    await scene.turn(4_999)
    expect(scene.api.requests).toBe(first)
    await scene.turn(1)
    expect(scene.api.requests).toBe(first + 1)
    await scene.turn(5_000)
    expect(scene.api.requests).toBe(first + 1)
    await scene.turn(5_000)
    expect(scene.api.requests).toBe(first + 2)
  })

  it('is left alone for as long as it asks', async () => {
    const scene = new Scene()
    scene.api.answering = response => {
      response.writeHead(429, { 'retry-after': '90' }).end()
      return true
    }
    await scene.run('acme')
    await scene.turn(89_999)
    expect(scene.api.requests).toBe(1)
    await scene.turn(1)
    expect(scene.api.requests).toBe(2)
  })

  it('and refuses the signature is reported with what to check, and without the secret', async () => {
    const scene = new Scene()
    scene.serverAheadMs = 7_200_000
    await scene.run('acme')
    expect(scene.api.refused).toEqual(['too old'])
    expect(scene.logged.told).toMatchObject([
      { level: 40, error: 'HTTP 401', advice: expect.stringMatching(/secret, and the clock/) },
    ])
    expect(JSON.stringify(scene.logged.lines)).not.toContain(APP.secret)
  })
})

test('a request under way is cut off at the stop', async () => {
  const scene = new Scene()
  scene.api.answering = () => true
  const publisher = await scene.begin('acme')
  await expect.poll(() => scene.api.requests).toBe(1)
  await publisher.stop()
  expect(scene.counted).toEqual({ published: 0, failed: 0 })
  expect(scene.clock.sleepers).toBe(0)
})
