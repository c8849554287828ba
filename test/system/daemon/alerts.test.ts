import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFleet, type Fleet } from '../../harness/fleet/fleet.ts'
import { utf8 } from '../../harness/fleet/name.ts'
import { steadyTraffic } from '../../harness/fleet/traffic.ts'
import { query } from '../../harness/postgres/query.ts'
import { createScratchDatabase, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import { expected } from '../../harness/random-runs.ts'
import type { DaemonProcess } from './daemon-process.ts'
import { tenantsConfig } from './fleet-config.ts'
import { Scene, TENANTS, until } from './scene.ts'

const SECRET = 'a secret of twenty-four bytes or more'
/** Everyone exceeds both of these as soon as they move a byte. */
const RULES = [
  { id: 'a-day', scope: 'user', period: 'day', threshold: '1B' },
  { id: 'a-month', scope: 'user', period: 'month', threshold: '50%' },
]
const QUOTAS = [{ scope: 'user', period: 'month', limit: '2B' }]
const USERS_A_ROUND = 6
/** Each round but the first ends with kill -9 of both daemons: once in the midst of the posts, once after the commit. */
const LAST_ROUND = expected(3, 4)

let database: ScratchDatabase
let fleet: Fleet
let scenes: Scene[]
let endpoints: Record<'refuses' | 'hangs', Endpoint>

beforeEach(async () => {
  database = await createScratchDatabase()
  scenes = []
  fleet = createFleet({
    ...{ seed: 5, routers: 2, hotspotSessions: 0, pppSessions: 0 },
    router: {
      packages: ['hotspot', 'ppp'],
      users: ['ann', 'bob'].map(name => ({ name, password: 'secret', policy: ['read', 'api'] }) as const),
    },
  })
  await fleet.start()
  endpoints = { refuses: new Endpoint(), hangs: new Endpoint() }
  for (const endpoint of Object.values(endpoints)) await endpoint.listen()
})

afterEach(async () => {
  for (const scene of scenes) await scene.end()
  for (const endpoint of Object.values(endpoints)) await endpoint.close()
  await fleet.stop()
  await database.drop()
})

test('an alert fires once for its rule, subject and period, and is delivered, through kill -9 of two daemons between its commit and the webhook', async () => {
  const both = [await newScene('ann'), await newScene('bob')]
  const start = () => Promise.all(both.map(scene => scene.startDaemon()))
  let daemons = await start()
  const { refuses, hangs } = endpoints

  // Alerts that are committed are not posted yet, or are posted and not answered.
  await refuses.close()
  hangs.isAnswering = false
  logIn(1)
  await alertsOf(1)
  await until('one webhook has been posted to', () => hangs.posted.length > 0)
  await kill(daemons)
  expect(refuses.posted).toEqual([])
  expect(hangs.posted).toHaveLength(1)
  expect(await statuses()).toEqual(['pending'])

  await refuses.listen()
  hangs.isAnswering = true
  daemons = await start()
  let kills = 1
  for (let round = 2; round <= LAST_ROUND; round++) {
    logIn(round)
    // In the middle of a round: before its commit, after it, or between its posts.
    await (round === 3 ? alertsOf(round) : until('something is posted', () => endpoints.refuses.isBusy))
    await kill(daemons)
    kills += 1
    daemons = await start()
  }
  await alertsOf(LAST_ROUND)
  for (let wait = 0; wait < 4 && (await statuses()).includes('pending'); wait++)
    await until('all is delivered', async () => !(await statuses()).includes('pending')).catch(() => {})
  expect(await statuses()).toEqual(['delivered'])

  const alerts = await query<{ key: string }>(
    database.url,
    `select tenant_id || ' ' || rule || ' ' || scope || ' ' || subject || ' ' || period as key from alerts order by 1`,
  )
  const keys = alerts.map(alert => alert.key)
  expect(new Set(keys).size).toBe(keys.length)
  expect(keys.length).toBeGreaterThanOrEqual(LAST_ROUND * USERS_A_ROUND * RULES.length)
  for (const endpoint of [refuses, hangs]) {
    const taken = endpoint.posted.filter(it => it.isAnswered)
    expect([...new Set(taken.map(it => it.key))].sort()).toEqual([...keys].sort())
    // The post that was in flight when its daemon was killed may come again, with the same id and the same bytes.
    const messages = new Set(endpoint.posted.map(it => `${it.id} ${it.body}`))
    expect(messages.size).toBe(keys.length)
    const again = endpoint.posted.length - keys.length
    console.log(`${keys.length} alerts, ${kills} kills of both daemons, ${again} posted once more`)
    expect(again).toBeLessThanOrEqual(kills)
  }
  await Promise.all(daemons.map(daemon => daemon.end('SIGTERM')))
}, 180_000)

/** A daemon with its config and journal. */
async function newScene(username: string): Promise<Scene> {
  const [first, ...others] = tenantsConfig(fleet, TENANTS, username)
  const webhooks = Object.entries(endpoints).map(([id, { url }]) => ({ id, url, secret: SECRET }))
  const scene = await Scene.create(fleet, {
    database: { url: database.url },
    lease: { duration: '2s' },
    tenants: [{ ...first, quotas: QUOTAS, alerts: RULES, webhooks }, ...others],
  })
  scenes.push(scene)
  return scene
}

/** Logs in subscribers that nobody has seen before and who move something at once. */
function logIn(round: number): void {
  for (let number = 0; number < USERS_A_ROUND; number++)
    fleet.routers[0]?.login({
      name: utf8(`round-${round}-${number}`),
      protocol: 'hotspot',
      address: `10.9.${round}.${number}`,
      macAddress: `02:CC:00:00:0${round}:0${number}`,
      traffic: steadyTraffic({ upload: 1_000, download: 5_000 }),
      loggedInForMs: 1_000,
    })
}

async function alertsOf(round: number): Promise<void> {
  await until(`all of round ${round} have fired`, async () => {
    const [found] = await query<{ count: number }>(
      database.url,
      `select count(distinct (rule, subject))::int as count from alerts where subject like 'round-${round}-%'`,
    )
    return found?.count === USERS_A_ROUND * RULES.length
  })
}

async function statuses(): Promise<readonly string[]> {
  const rows = await query<{ status: string }>(
    database.url,
    'select distinct status from alert_deliveries order by 1',
  )
  return rows.map(row => row.status)
}

async function kill(daemons: readonly DaemonProcess[]): Promise<void> {
  await Promise.all(daemons.map(daemon => daemon.end('SIGKILL')))
}

interface Posted {
  readonly id: string
  readonly body: string
  /** What its alert is unique for. */
  readonly key: string
  isAnswered: boolean
}

/** A webhook's endpoint. */
class Endpoint {
  readonly posted: Posted[] = []
  isAnswering = true
  /** Counts what was posted since it was last asked. */
  #seen = 0
  #port = 0
  #server: Server | undefined

  get url(): string {
    return `http://127.0.0.1:${this.#port}/alerts`
  }

  get isBusy(): boolean {
    const isBusy = this.posted.length > this.#seen
    this.#seen = this.posted.length
    return isBusy
  }

  async listen(): Promise<void> {
    this.#server = createServer((request, response) => void this.#take(request, response))
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    if (address !== null && typeof address !== 'string') this.#port = address.port
  }

  async close(): Promise<void> {
    const server = this.#server
    if (!server?.listening) return
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // When the sender is killed half-way, nothing counts as posted.
    const body = await text(request).catch(() => undefined)
    if (body === undefined) return
    const { data } = JSON.parse(body)
    const { rule, scope, subject, period } = data.alert
    const key = [data.tenant, rule, scope, subject, period].join(' ')
    const posted = { id: String(request.headers['webhook-id']), body, key, isAnswered: this.isAnswering }
    this.posted.push(posted)
    if (this.isAnswering) response.writeHead(204).end()
  }
}
