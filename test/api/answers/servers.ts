import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dashboardPages } from '../../../src/api/pages/dashboard-page.ts'
import type { Question, UsageSource } from '../../../src/api/usage/usage-source.ts'
import type { Config } from '../../../src/config/config.ts'
import { Secret } from '../../../src/config/fields/secret.ts'
import { Control } from '../../../src/daemon/control.ts'
import { controlSocketOf } from '../../../src/daemon/control-socket.ts'
import type { Serving } from '../../../src/daemon/serving.ts'
import { Board, KEY, servingOf } from '../../auth/pusher-serving.ts'
import { SERVER } from '../../feed/default-server.ts'
import { HandClock } from '../../runtime/hand-clock.ts'
import { acme, globex, START, silent, TestApi, verifier } from '../http/api-fixture.ts'

export const PAGE = 'https://panel.example.com'

const HEAD = ['tenant', 'day', 'upload', 'download', 'used']
const ROWS = [1, 2, 3].map(day => [
  'acme',
  `2026-11-0${day}`,
  BigInt(day),
  2n ** 60n,
  2n ** 60n + BigInt(day),
])

/** Three days of usage. Questions about some users fail: `down`, `bug`, and `breaks` after the first row of CSV. */
export class ThreeDays implements UsageSource {
  #broken: () => void = () => {}

  /** Breaks off the running CSV. */
  breakOff(): void {
    this.#broken()
  }

  async page(question: Question, limit: number) {
    throwFor(question)
    return { columns: HEAD, rows: ROWS.slice(0, limit) }
  }

  async all(question: Question) {
    throwFor(question)
    const broken = new Promise<void>(resolve => {
      this.#broken = resolve
    })
    const isToBreak = userOf(question) === 'breaks'
    const lines = async function* () {
      yield `${ROWS[0]?.join(',')}\r\n`
      if (isToBreak) {
        await broken
        throw failure()
      }
      yield `${ROWS[1]?.join(',')}\r\n`
    }
    return { columns: HEAD, lines: lines() }
  }
}

function userOf(question: Question): string | undefined {
  return question.kind === 'alerts' ? question.subject : question.user
}

function throwFor(question: Question): void {
  if (userOf(question) === 'down') throw failure()
  if (userOf(question) === 'bug') throw new Error('password is hunter2')
}

function failure(): Error {
  return Object.assign(new Error('password is hunter2'), { retryable: true })
}

/** The servers that answer. Their clock stands still at `START`. */
export class Servers {
  readonly #clock = new HandClock(START)
  readonly usage = new ThreeDays()
  /** Built as in the daemon, with Pusher. */
  readonly #daemon = this.#serving({})
  /** The same with a token for `/metrics`, and a limit of one request a second of each kind. */
  readonly #strict = this.#serving({
    metrics: { at: undefined, token: new Secret('the-token') },
    limits: { ...SERVER.limits, addressRequestsPerSecond: 1, requestsAtOnce: 1, requestsPerSecond: 0.5 },
  })
  /** A dashboard of two files. */
  readonly #dashboard = new TestApi({
    routes: dashboardPages([
      { name: 'index.html', contentType: 'text/html; charset=utf-8', text: '<!doctype html>é' },
      { name: 'client/feed.js', contentType: 'text/javascript; charset=utf-8', text: 'feed' },
    ]),
  })
  readonly #directory = mkdtempSync(join(tmpdir(), 'tikmeter-answers-'))
  readonly #control = new Control({
    ...{
      board: new Board(acme, globex),
      poller: { health: () => undefined },
      books: { get: () => undefined },
      spread: { self: 'us', members: [], ownerOf: () => undefined },
    },
    ...{ commits: { isUp: true }, journal: { state: () => ({ kind: 'writing' }) } },
    readiness: {
      ...{ database: () => 'up', pollers: () => 'running', journal: () => 'writing' },
      ...{ bus: () => undefined, replica: () => undefined },
    },
    ...{ directory: this.#directory, verifier, clock: this.#clock, log: silent },
  })

  async start(): Promise<void> {
    for (const server of [this.#daemon, this.#strict, this.#dashboard, this.#control]) await server.start()
  }

  async stop(): Promise<void> {
    const servers = [this.#daemon, this.#strict, this.#dashboard, this.#control]
    await Promise.all(servers.map(it => it.stop()))
    rmSync(this.#directory, { recursive: true })
  }

  /** The address of a server: a port, or the path of a socket. */
  at(server: 'daemon' | 'strict' | 'dashboard' | 'control'): number | string {
    const places = {
      daemon: this.#daemon.port,
      strict: this.#strict.port,
      dashboard: this.#dashboard.server.port,
      control: controlSocketOf(this.#directory),
    }
    return places[server] ?? 0
  }

  #serving(server: Partial<Config['server']>): Serving {
    const pusher = { key: KEY, secret: new Secret('the secret of the app') }
    const config = {
      pusher,
      server: { ...SERVER, origins: [PAGE], ...server },
      snapshots: { intervalMs: 5_000 },
    }
    return servingOf(
      { port: 0, origins: [PAGE], pusher },
      { config, board: new Board(acme, globex), usage: this.usage, verifier, clock: this.#clock },
    )
  }
}
