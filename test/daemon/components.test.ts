import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { AlertBoard } from '../../src/alerts/alert-board.ts'
import type { AlertRecord } from '../../src/alerts/record.ts'
import { AlertWatch } from '../../src/alerts/watch.ts'
import { Webhooks } from '../../src/alerts/webhooks.ts'
import { HttpServer } from '../../src/api/http/server.ts'
import { EnvFile } from '../../src/config/env-file.ts'
import { readPair } from '../../src/config/fields/server-tls.ts'
import { Alerting } from '../../src/daemon/alerting.ts'
import { CertificateWatch } from '../../src/daemon/certificate-watch.ts'
import { ConfigFile } from '../../src/daemon/config-file.ts'
import { Control } from '../../src/daemon/control.ts'
import { FirstRouters } from '../../src/daemon/first-routers.ts'
import { Publisher } from '../../src/feed/pusher/publisher.ts'
import { nodeDisk } from '../../src/journal/files/node-disk.ts'
import { Journal } from '../../src/journal/journal.ts'
import { Poller } from '../../src/poller/poller.ts'
import { EmbeddedPostgres } from '../../src/postgres/embedded.ts'
import { CommitLoop } from '../../src/recording/commit-loop.ts'
import { Ownership } from '../../src/roster/leases.ts'
import type { Component } from '../../src/runtime/component.ts'
import { DescriptorWatch } from '../../src/runtime/descriptor-watch.ts'
import { EventLoopDelay } from '../../src/runtime/event-loop.ts'
import { Loop } from '../../src/runtime/loop.ts'
import { Metrics } from '../../src/runtime/metrics.ts'
import { Refusals } from '../../src/runtime/refusals.ts'
import { Watchdog } from '../../src/runtime/watchdog.ts'
import { AlertStore } from '../../src/store/alerts/alert-store.ts'
import { Housekeeping } from '../../src/store/housekeeping/housekeeping.ts'
import { SchemaWatch } from '../../src/store/housekeeping/schema-watch.ts'
import { Database } from '../../src/store/pg/database.ts'
import { UsageReader } from '../../src/store/usage/usage-reader.ts'
import { MemoryDeliveries } from '../alerts/memory-deliveries.ts'
import { servingOf } from '../auth/pusher-serving.ts'
import { ENV } from '../config/config-text.ts'
import { TestFeed } from '../feed/feed-fixture.ts'
import { Observations } from '../harness/observations.ts'
import { ScriptedRouter } from '../poller/scripted-router.ts'
import { Scene } from '../recording/recorder-scene.ts'
import { ACME_HQ, FakeLeases, LEASE_MS, openHouse, refOf } from '../roster/roster-scene.ts'
import { FakeOwner, WHOLE } from '../roster/whole-part.ts'
import { HandClock } from '../runtime/hand-clock.ts'
import { LogLines } from '../runtime/log-lines.ts'
import { rethrow } from '../runtime/rethrow.ts'

/** A component that no test has started yet. */
interface Made {
  /** Without `start` if it connects at its first query. */
  readonly component: Pick<Component, 'stop'> & Partial<Pick<Component, 'start'>>
  readonly clock: HandClock
  /** The port that it listens on. */
  readonly port?: () => number | undefined
}

const MINUTE_MS = 60_000
const CERTIFICATES = 'test/harness/fleet/certificates'
/** A database at a port where nothing listens. */
const NOWHERE = 'postgres://nobody@127.0.0.1:1/nothing'

/** The options that all of them have. */
function common() {
  return { clock: new HandClock('2026-03-01T00:00:00Z'), log: new LogLines().log, onBug: rethrow }
}

function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tikmeter-component-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}

const connections = () => ({ url: NOWHERE, applicationName: 'test', connections: 1, log: new LogLines().log })

/** A table without alerts. */
const NO_ALERTS: AlertRecord = {
  fireUsage: async () => 0,
  fireOutages: async () => 0,
  openOutages: async () => new Set(),
  endOutages: async () => 0,
  fireSessions: async () => 0,
  recent: async () => new Map(),
  changedSince: async () => [],
  now: async () => '',
}

const COMPONENTS: Readonly<Record<string, () => Made>> = {
  Loop: () => {
    const { clock, onBug } = common()
    return { component: new Loop(signal => clock.sleep(MINUTE_MS, signal), onBug), clock }
  },
  EventLoopDelay: () => ({ component: new EventLoopDelay(new Metrics()), clock: common().clock }),
  DescriptorWatch: () => {
    const its = common()
    return { component: new DescriptorWatch(its), clock: its.clock }
  },
  Refusals: () => {
    const its = common()
    return { component: new Refusals({ ...its, observer: { refused: () => {} } }), clock: its.clock }
  },
  Watchdog: () => {
    const its = common()
    const supervisor = { watchdogMs: MINUTE_MS, feedWatchdog: () => {} }
    return { component: new Watchdog({ ...its, supervisor, works: {} }), clock: its.clock }
  },
  Poller: () => {
    const its = common()
    const poller = new Poller({
      ...{ ...its, isSpread: true, concurrency: 1, graceMs: 3_000, random: () => 0 },
      ...{ observer: new Observations(), heldBack: () => undefined, sink: { record: () => {} } },
    })
    for (const isObliging of [true, false])
      poller.add(new ScriptedRouter(`r-${isObliging}`, its.clock, { isObliging }).polled())
    return { component: poller, clock: its.clock }
  },
  CommitLoop: () => {
    const { recorder, clock } = new Scene()
    const onLost = async () => {}
    const observer = new Observations()
    const its = { ...common(), clock, recorder, observer, onLost, intervalMs: MINUTE_MS }
    return { component: new CommitLoop(its), clock }
  },
  Ownership: () => {
    const its = common()
    const ownership = new Ownership({
      ...{ ...its, leases: new FakeLeases(), durationMs: LEASE_MS, stopping: new AbortController().signal },
      ...{ owner: new FakeOwner(), part: WHOLE },
      onSuperseded: () => expect.fail('nobody was started later'),
    })
    void ownership.want(new Map([[ACME_HQ, refOf('acme', 'hq')]]))
    return { component: ownership, clock: its.clock }
  },
  Roster: () => {
    const { roster, clock } = openHouse()
    return { component: roster, clock }
  },
  AlertWatch: () => {
    const its = common()
    const watch = new AlertWatch({
      ...{ ...its, record: NO_ALERTS, board: new AlertBoard(), intervalMs: MINUTE_MS },
      ...{
        calendarOf: () => undefined,
        isJudgedHere: () => true,
        routersOf: () => [],
        onAlert: () => {},
        onFired: () => {},
        isOurs: () => true,
        onWritten: () => {},
      },
    })
    return { component: watch, clock: its.clock }
  },
  Webhooks: () => {
    const its = common()
    const courier = { send: () => Promise.reject(new Error('nothing to send')), close: () => {} }
    const observer = { delivery: () => {} }
    const store = new MemoryDeliveries(its.clock)
    return {
      component: new Webhooks({ ...its, store, courier, observer, random: () => 0 }),
      clock: its.clock,
    }
  },
  Alerting: () => {
    const its = common()
    const { books, board } = new Scene()
    const alerting = new Alerting({
      ...{ ...its, books, calendars: board, record: NO_ALERTS, metrics: new Metrics() },
      ...{
        config: { tenants: [], smtp: undefined, commit: { intervalMs: MINUTE_MS } },
        database: new Database(connections()),
      },
      ...{
        healthOf: () => undefined,
        firsts: new FirstRouters(() => true),
        onFired: () => {},
        onAlert: () => {},
      },
    })
    return { component: alerting, clock: its.clock }
  },
  Publisher: () => {
    const its = common()
    const app = { host: 'nobody.invalid', port: 80, isTls: false, app: '1', key: 'k', secret: 's' }
    const publisher = new Publisher({
      ...{ ...its, app, isOurs: () => true, intervalMs: MINUTE_MS, random: () => 0 },
      source: { tenants: () => [], snapshot: () => undefined },
      sender: { post: () => Promise.reject(new Error('nothing to post')), close: () => {} },
      observer: { published: () => {} },
    })
    return { component: publisher, clock: its.clock }
  },
  ConfigFile: () => {
    const its = common()
    const file = join(folder(), 'tikmeter.yaml')
    writeFileSync(file, '')
    const never = () => Promise.reject(new Error('the file did not change'))
    const observer = new Observations()
    return {
      component: new ConfigFile({
        ...{ ...its, file, include: [], env: ENV, load: never, apply: never, observer },
        envFile: new EnvFile(join(folder(), '.env'), { ...ENV }),
      }),
      clock: its.clock,
    }
  },
  CertificateWatch: () => {
    const its = common()
    const files = { cert: `${CERTIFICATES}/server.pem`, key: `${CERTIFICATES}/server-key.pem` }
    const found = readPair(files)
    if (found.kind === 'wrong') throw new Error(found.message)
    const serve = () => expect.fail('the certificate did not change')
    const watch = new CertificateWatch({
      ...its,
      files,
      pair: found.value,
      serve,
    })
    return { component: watch, clock: its.clock }
  },
  Housekeeping: () => {
    const its = common()
    const terms = { deltasMs: MINUTE_MS, sessionsMs: MINUTE_MS }
    const database = new Database(connections())
    return { component: new Housekeeping({ ...its, database, terms }), clock: its.clock }
  },
  SchemaWatch: () => {
    const its = common()
    const onTooNew = () => expect.fail('nobody has changed the tables')
    const database = new Database(connections())
    return { component: new SchemaWatch({ ...its, database, onTooNew }), clock: its.clock }
  },
  Journal: () => {
    const its = common()
    const options = { ...its, directory: join(folder(), 'journal'), maxBytes: 1e6, disk: nodeDisk }
    return { component: new Journal({ ...options, pending: () => [] }), clock: its.clock }
  },
  FeedServer: () => {
    const { feed, clock } = new TestFeed()
    return { component: feed, clock }
  },
  HttpServer: () => {
    const its = common()
    const server = new HttpServer({
      ...{ ...its, tls: undefined, upgrades: new Map(), connections: undefined },
      api: { ready: async () => {}, routing: () => {} },
      at: { kind: 'port', host: '127.0.0.1', port: 0, block: 'server' },
    })
    return { component: server, clock: its.clock, port: () => server.port }
  },
  Serving: () => {
    const { clock } = common()
    const serving = servingOf({ port: 0, origins: [], pusher: undefined }, { clock })
    return { component: serving, clock, port: () => serving.port }
  },
  Control: () => {
    const its = common()
    const control = new Control({
      ...{ ...its, directory: folder(), board: new Scene().board, books: { get: () => undefined } },
      spread: { self: 'us', members: [], ownerOf: () => undefined },
      ...{ poller: { health: () => undefined }, commits: { isUp: true } },
      journal: { state: () => ({ kind: 'writing' }) },
      readiness: {
        ...{ database: () => 'up', pollers: () => 'running', journal: () => 'writing' },
        ...{ bus: () => undefined, replica: () => undefined },
      },
      verifier: { verify: async () => ({ kind: 'refused', reason: 'nobody' }) },
    })
    return { component: control, clock: its.clock }
  },
  Database: () => ({ component: new Database(connections()), clock: common().clock }),
  UsageReader: () => ({ component: new UsageReader(connections()), clock: common().clock }),
  AlertStore: () => ({ component: new AlertStore(connections()), clock: common().clock }),
  // Its start is tested where there is a PostgreSQL.
  EmbeddedPostgres: () => {
    const { clock, log } = common()
    const postgres = new EmbeddedPostgres({ directory: folder(), clock, log })
    return { component: { stop: () => postgres.stop() }, clock }
  },
}

/** Stops it, and lets the time pass that a stop may take. */
async function stop({ component, clock }: Made): Promise<void> {
  const stopped = component.stop()
  await clock.turn(3_000)
  await stopped
}

function expectNothingLeft({ clock, port }: Made): void {
  expect(clock.sleepers).toBe(0)
  expect(port?.()).toBeUndefined()
}

describe.each(Object.entries(COMPONENTS))('%s', (_, make) => {
  it('stops without a start', async () => {
    const made = make()
    await stop(made)
    expectNothingLeft(made)
  })

  it('stops twice', async () => {
    const made = make()
    await made.component.start?.()
    await made.clock.turn(0)
    await stop(made)
    expectNothingLeft(made)
    await stop(made)
    expectNothingLeft(made)
  })

  it('stops during its start', async () => {
    const made = make()
    const started = made.component.start?.()
    await stop(made)
    await started
    expectNothingLeft(made)
  })
})
