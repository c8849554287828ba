import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { freePort } from '../../../../src/postgres/free-port.ts'
import { cpuMsOf } from '../measure.ts'
import type { BenchPostgres } from './bench-postgres.ts'
import { RADDB, RADIUS_DATABASE, RADIUS_SCHEMA, RADIUS_SECRET, radiusConfig } from './radius-config.ts'

const SERVER = '/usr/sbin/freeradius'
const CLIENT = '/usr/bin/radclient'
const DRIVER = '/usr/lib/freeradius/rlm_sql_postgresql.so'

/** Packets in flight: with fewer it is slower, with more some get lost. */
export const PARALLEL = 64
const START_WITHIN_MS = 20_000

export interface RadiusCost {
  readonly updatesPerSecond: number
  /** CPU of FreeRADIUS and of the database per 1,000 updates. */
  readonly cpuMs: number
}

/** FreeRADIUS with its standard accounting tables and started sessions, in a database beside ours. */
export class FreeRadius {
  readonly #process: ChildProcess
  readonly #postgres: BenchPostgres
  readonly #folder: string
  readonly #port: number
  readonly #sessions: number
  #round = 0

  private constructor(options: {
    process: ChildProcess
    postgres: BenchPostgres
    folder: string
    port: number
    sessions: number
  }) {
    this.#process = options.process
    this.#postgres = options.postgres
    this.#folder = options.folder
    this.#port = options.port
    this.#sessions = options.sessions
  }

  /** @returns why it cannot run here; `undefined` if it can */
  static whyNot(): string | undefined {
    try {
      for (const path of [SERVER, CLIENT, DRIVER, RADIUS_SCHEMA]) accessSync(path, constants.R_OK)
      return undefined
    } catch {
      return 'freeradius, freeradius-postgresql and freeradius-utils are not installed, or their files are not readable'
    }
  }

  static async start(postgres: BenchPostgres, sessions: number): Promise<FreeRadius> {
    const folder = join(postgres.folder, 'radius')
    await mkdir(folder)
    await makeTables(postgres, sessions)
    const port = await freePort()
    const { hostname: host, port: databasePort, username: user, password } = new URL(postgres.url)
    const database = { host, port: databasePort, user, password: decodeURIComponent(password) }
    await copyFile(join(RADDB, 'dictionary'), join(folder, 'dictionary'))
    await writeFile(join(folder, 'radiusd.conf'), radiusConfig({ folder, port, database }), { mode: 0o600 })
    const args = ['-f', '-d', folder, '-n', 'radiusd']
    const server = spawn(SERVER, args, { stdio: 'ignore' })
    const radius = new FreeRadius({ process: server, postgres, folder, port, sessions })
    await radius.#untilReady()
    return radius
  }

  /** Sends an Interim-Update for each of `packets` sessions, spread over all, and waits for all answers. */
  async update(packets: number): Promise<RadiusCost> {
    const round = ++this.#round
    const step = this.#sessions / packets
    const file = join(this.#folder, 'packets')
    const numbers = Array.from(
      { length: packets },
      (_, at) => (Math.floor(at * step) + round) % this.#sessions,
    )
    await writeFile(file, numbers.map(number => interimUpdate(number, round)).join('\n'))
    const cpuBefore = this.#cpuMs()
    const startedMs = performance.now()
    const client = spawn(
      CLIENT,
      [
        '-q',
        '-f',
        file,
        '-p',
        String(PARALLEL),
        '-r',
        '10',
        `127.0.0.1:${this.#port}`,
        'acct',
        RADIUS_SECRET,
      ],
      { stdio: 'ignore' },
    )
    const [code] = await once(client, 'exit')
    if (code !== 0) throw new Error(`radclient ended with ${code}`)
    const ms = performance.now() - startedMs
    return {
      updatesPerSecond: (packets / ms) * 1_000,
      cpuMs: ((this.#cpuMs() - cpuBefore) / packets) * 1_000,
    }
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGTERM')
    await ended
  }

  #cpuMs(): number {
    return this.#postgres.cpuMs() + cpuMsOf(this.#process.pid ?? 0)
  }

  async #untilReady(): Promise<void> {
    const until = performance.now() + START_WITHIN_MS
    for (;;) {
      const log = await readFile(join(this.#folder, 'radius.log'), 'utf8').catch(() => '')
      if (log.includes('Ready to process requests')) return
      if (this.#process.exitCode !== null || performance.now() > until)
        throw new Error(`FreeRADIUS did not start:\n${log}`)
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
}

/** The standard tables, with rows as an Accounting-Start would have made them. */
async function makeTables(postgres: BenchPostgres, sessions: number): Promise<void> {
  await postgres.database.pool.query(`create database ${RADIUS_DATABASE}`)
  const url = Object.assign(new URL(postgres.url), { pathname: `/${RADIUS_DATABASE}` })
  const client = new Client({ connectionString: url.href })
  await client.connect()
  try {
    await client.query(await readFile(RADIUS_SCHEMA, 'utf8'))
    await client.query(
      `insert into radacct (acctsessionid, acctuniqueid, username, nasipaddress, nasportid, nasporttype,
         acctstarttime, acctupdatetime, acctsessiontime, acctinputoctets, acctoutputoctets, callingstationid,
         servicetype, framedprotocol, framedipaddress)
       select session_id, md5(username || ',' || session_id || ',10.0.0.1,bench,ether1,'), username, '10.0.0.1',
         'ether1', 'Ethernet', now(), now(), 0, 0, 0, '02:00:00:00:00:01', 'Framed-User', 'PPP', '10.1.0.1'
       from (select 's' || n as session_id, 'subscriber-' || n as username
         from generate_series(0, ${sessions - 1}) as n) as started`,
    )
    await client.query('vacuum analyze radacct')
  } finally {
    await client.end()
  }
}

function interimUpdate(number: number, round: number): string {
  return `Acct-Status-Type = Interim-Update
User-Name = "subscriber-${number}"
Acct-Session-Id = "s${number}"
NAS-IP-Address = 10.0.0.1
NAS-Identifier = "bench"
NAS-Port-Id = "ether1"
NAS-Port-Type = Ethernet
Calling-Station-Id = "02:00:00:00:00:01"
Service-Type = Framed-User
Framed-Protocol = PPP
Framed-IP-Address = 10.1.0.1
Acct-Session-Time = ${round * 30}
Acct-Input-Octets = ${round * 3_000 + number}
Acct-Output-Octets = ${round * 40_000 + number}
`
}
