import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LocalMailServer, PASSWORD } from '../../alerts/mail/mail-server.ts'
import { APP, PusherApi } from '../../feed/pusher/pusher-api.ts'
import { AUTHORITY_PATH } from '../../harness/fleet/certificate.ts'
import { createFleet, type Fleet } from '../../harness/fleet/fleet.ts'
import { utf8 } from '../../harness/fleet/name.ts'
import { steadyTraffic } from '../../harness/fleet/traffic.ts'
import { query } from '../../harness/postgres/query.ts'
import { createScratchDatabase, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import { tenantsConfig } from './fleet-config.ts'
import { Scene, TENANTS, until } from './scene.ts'

const FORMATS = ['json', 'text', 'slack', 'discord', 'telegram', 'teams']
/** What subscribers call themselves. */
const NAMES = ['<!channel>-1', '`@everyone`-2', '[a](https://evil.example)-3', 'ann']

let database: ScratchDatabase
let fleet: Fleet
let scene: Scene
let chats: Chats
let mails: LocalMailServer
let reverb: PusherApi

beforeEach(async () => {
  database = await createScratchDatabase()
  fleet = createFleet({
    ...{ seed: 6, routers: 2, hotspotSessions: 0, pppSessions: 0 },
    router: {
      packages: ['hotspot', 'ppp'],
      users: [{ name: 'usage', password: 'secret', policy: ['read', 'api'] }],
    },
  })
  await fleet.start()
  chats = new Chats()
  mails = new LocalMailServer('starttls')
  reverb = new PusherApi()
  for (const server of [chats, mails, reverb]) await server.listen()
})

afterEach(async () => {
  await scene.end()
  for (const server of [chats, mails, reverb]) await server.close()
  await fleet.stop()
  await database.drop()
})

test('each chat service and each mail gets an alert once, through kill -9 before and during the posts, and dashboards their stats', async () => {
  scene = await newScene()
  let daemon = await scene.startDaemon()
  await until('both tenants are published', () => publishedTenants().size === TENANTS.length)

  // The alerts are committed, and nobody can be reached.
  await chats.close()
  await mails.close()
  logIn()
  await until('all have fired', async () => (await statuses())['pending'] === NAMES.length * 7)
  await daemon.end('SIGKILL')
  expect(chats.posted).toEqual([])
  expect(mails.arrived).toEqual([])

  // Each recipient has its first message, and has not answered it.
  await chats.listen()
  await mails.listen()
  chats.isAnswering = false
  const answers: (() => void)[] = []
  mails.refusing.answer = () => new Promise(resolve => answers.push(resolve))
  daemon = await scene.startDaemon()
  await untilLong('each has been posted to', () => chats.posted.length === 6 && mails.arrived.length === 1)
  await daemon.end('SIGKILL')
  expect(await statuses()).toEqual({ pending: NAMES.length * 7 })

  chats.isAnswering = true
  delete mails.refusing.answer
  for (const answer of answers) answer()
  const published = reverb.events.length
  daemon = await scene.startDaemon()
  await untilLong('all is delivered', async () => (await statuses())['pending'] === undefined)
  expect(await statuses()).toEqual({ delivered: NAMES.length * 7 })
  await until('stats are published again', () => reverb.events.length > published)
  await daemon.end('SIGTERM')

  for (const format of FORMATS) {
    const posted = chats.posted.filter(it => it.format === format)
    expect(posted.filter(it => it.isAnswered)).toHaveLength(NAMES.length)
    // The one that was under way comes again, with the same id and the same bytes.
    expect(posted).toHaveLength(NAMES.length + 1)
    expect(new Set(posted.map(({ id }) => id)).size).toBe(NAMES.length)
    expect(new Set(posted.map(({ id, body }) => `${id} ${body}`)).size).toBe(NAMES.length)
    for (const { body } of posted)
      expect(body).toMatch(format === 'json' ? /"alert\.fired"/ : /Acme WISP.*used/)
  }
  for (const { body } of chats.posted.filter(it => it.format === 'slack'))
    expect(JSON.parse(body).text).not.toContain('<')
  expect(mails.arrived).toHaveLength(NAMES.length + 1)
  expect(new Set(mails.arrived.map(({ headers }) => headers.get('message-id'))).size).toBe(NAMES.length)
  expect(mails.arrived).toMatchObject(
    mails.arrived.map(() => ({ isTls: true, user: 'usage', to: ['noc@acme.example', 'boss@acme.example'] })),
  )
  expect(reverb.refused).toEqual([])
  expect(scene.logged(PASSWORD)).toEqual([])
  expect(scene.logged(APP.secret)).toEqual([])
}, 240_000)

async function newScene(): Promise<Scene> {
  const [first, ...others] = tenantsConfig(fleet, TENANTS, 'usage')
  const secret = 'a secret of twenty-four bytes or more'
  const keys: Readonly<Record<string, object>> = {
    json: { secret },
    telegram: { url: `${chats.url}/bot1:a/sendMessage?telegram`, chat: -1001234567890 },
  }
  const webhooks = FORMATS.map(format => ({
    ...{ id: format, format, url: `${chats.url}/?${format}` },
    ...keys[format],
  }))
  const alerts = [{ id: 'a-day', scope: 'user', period: 'day', threshold: '1B' }]
  const { host, from, port } = mails.account('starttls')
  return Scene.create(fleet, {
    database: { url: database.url },
    tenants: [
      {
        ...{ ...first, alerts, webhooks },
        mails: [{ id: 'staff', to: ['noc@acme.example', 'boss@acme.example'] }],
      },
      ...others,
    ],
    smtp: { host, port, from, ca: AUTHORITY_PATH, user: 'usage', password: PASSWORD },
    publish: { pusher: { ...APP, host: '127.0.0.1', port: reverb.port, tls: false } },
  })
}

function logIn(): void {
  for (const [index, name] of NAMES.entries())
    fleet.routers[0]?.login({
      ...{ name: utf8(name), protocol: 'hotspot', address: `10.9.0.${index + 1}` },
      ...{ macAddress: `02:CC:00:00:00:0${index}`, loggedInForMs: 1_000 },
      traffic: steadyTraffic({ upload: 1_000, download: 5_000 }),
    })
}

/** How many deliveries have each status. */
async function statuses(): Promise<Readonly<Record<string, number>>> {
  const rows = await query<{ status: string; count: number }>(
    database.url,
    'select status, count(*)::int as count from alert_deliveries group by status',
  )
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]))
}

function publishedTenants(): ReadonlySet<string> {
  return new Set(reverb.events.map(({ channel }) => channel))
}

/** Waits until the claims of a daemon that was killed are over, too. */
async function untilLong(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let wait = 0; wait < 4 && !(await isSo()); wait++) await until(what, isSo).catch(() => {})
  expect(await isSo(), what).toBe(true)
}

interface Posted {
  readonly format: string
  readonly id: string
  readonly body: string
  readonly isAnswered: boolean
}

/** All chat services; the query of a URL says which. */
class Chats {
  readonly posted: Posted[] = []
  isAnswering = true
  #port = 0
  #server: Server | undefined

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async listen(): Promise<void> {
    this.#server = createServer(async (request, response) => {
      const body = await text(request).catch(() => undefined)
      if (body === undefined) return
      const format = request.url?.split('?')[1] ?? ''
      const id = String(request.headers['webhook-id'])
      this.posted.push({ format, id, body, isAnswered: this.isAnswering })
      if (this.isAnswering) response.end('ok')
    })
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
}
