import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { watch } from 'node:fs'
import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { stringify } from 'yaml'
import { EmbeddedPostgres } from '../../../src/postgres/embedded.ts'
import { findRunning } from '../../../src/postgres/find-running.ts'
import { makeHome } from '../../../src/postgres/home.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { query } from '../../harness/postgres/query.ts'
import { representing } from '../../harness/random-runs.ts'
import { superuserAt } from '../../postgres/embedded-scene.ts'
import { SECRET, until } from './scene.ts'

const PROMPTLY_MS = 10_000

let folder: string
const started: ChildProcess[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tikmeter-interrupted-'))
  // When run as root, PostgreSQL runs as another user.
  await chmod(folder, 0o711)
})

afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
  for (const pid of await processesHere()) process.kill(pid, 'SIGKILL')
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

interface Running {
  readonly command: string
  /** Sends the signal to the whole process group, as Ctrl-C in a terminal does. */
  signal(signal: NodeJS.Signals): void
  readonly ended: Promise<{ code: number | null; stderr: string }>
}

/** Starts the real command line in a separate process group. */
async function start(command: string, directory: string): Promise<Running> {
  const config = join(folder, 'tikmeter.yaml')
  const journal = { directory: join(folder, 'journal') }
  const keys = {
    database: { directory },
    journal,
    server: { port: 0 },
    auth: { secret: SECRET },
    tenants: [],
  }
  await writeFile(config, stringify(keys))
  const child = spawn(process.execPath, [inject('cli'), command, '--config', config], {
    cwd: folder,
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  })
  started.push(child)
  const ended = Promise.all([text(child.stderr), once(child, 'exit')])
  return {
    command,
    signal: signal => process.kill(-(child.pid ?? 0), signal),
    ended: ended.then(([stderr, [code]]) => ({ code, stderr })),
  }
}

/** Processes that work in the folder or name it in their arguments: PostgreSQL, what starts it, and the command. */
async function processesHere(): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).map(Number).filter(pid => pid > 0 && pid !== process.pid)
  const isHere = async (pid: number) => {
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '')
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return cwd.startsWith(folder) || words.includes(folder)
  }
  const found = await Promise.all(pids.map(async pid => ((await isHere(pid)) ? [pid] : [])))
  return found.flat()
}

/** Resolves with the path of an entry of the folder whose name matches, as soon as there is one. */
function appears(place: string, name: RegExp): Promise<string> {
  const watching = watch(place)
  return new Promise<string>((found, failed) => {
    const look = async () => {
      const file = (await readdir(place).catch(() => [])).find(it => name.test(it))
      if (file !== undefined) found(join(place, file))
    }
    watching.on('change', look).on('error', failed)
    void look()
  }).finally(() => watching.close())
}

/** The moments of a start, in their order. */
const MOMENTS = {
  'its password is made': directory => appears(directory, /^password$/),
  'initdb begins': directory => appears(directory, /^data\.new-/),
  'initdb is at work': async directory => appears(await appears(directory, /^data\.new-/), /^PG_VERSION$/),
  'its data folder is there': directory => appears(directory, /^data$/),
  'it is being started': async directory => appears(await appears(directory, /^data$/), /^postmaster\.pid$/),
} satisfies Record<string, (directory: string) => Promise<string>>

interface Start {
  readonly command: 'usage' | 'migrate' | 'run'
  readonly signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'
  readonly moment: keyof typeof MOMENTS
}

const STARTS = representing<Start>(
  [
    { command: 'usage', signal: 'SIGINT', moment: 'its password is made' },
    { command: 'usage', signal: 'SIGINT', moment: 'initdb begins' },
    { command: 'migrate', signal: 'SIGHUP', moment: 'it is being started' },
    { command: 'run', signal: 'SIGTERM', moment: 'initdb is at work' },
    { command: 'run', signal: 'SIGTERM', moment: 'its data folder is there' },
  ],
  [
    { command: 'usage', signal: 'SIGINT', moment: 'initdb is at work' },
    { command: 'usage', signal: 'SIGINT', moment: 'its data folder is there' },
    { command: 'usage', signal: 'SIGINT', moment: 'it is being started' },
    { command: 'migrate', signal: 'SIGTERM', moment: 'its data folder is there' },
    { command: 'run', signal: 'SIGTERM', moment: 'it is being started' },
  ],
)

test.each(STARTS)(
  'a PostgreSQL that $command starts for itself is stopped by $signal while $moment',
  async ({ command, signal, moment }) => {
    // Only the last moment needs a database that exists already.
    const directory =
      moment === 'it is being started'
        ? await madeHome(`${command} ${moment}`)
        : await newHome(`${command} ${moment}`)
    const running = await start(command, directory)
    await MOMENTS[moment](directory)
    await endsBy(running, signal)
  },
)

test('a second signal changes nothing', async () => {
  const directory = await madeHome('impatient')
  const running = await start('usage', directory)
  await MOMENTS['it is being started'](directory)
  running.signal('SIGINT')
  // Which of the two arrives first is up to the system.
  await endsBy(running, 'SIGTERM', /^error: ended by SIG(INT|TERM)\n$/)
})

test.each([
  { command: 'usage', signal: 'SIGINT' },
  { command: 'run', signal: 'SIGTERM' },
] as const)(
  'a PostgreSQL that takes very long to recover is stopped by $signal during $command',
  async by => {
    const directory = await madeHome(`recovering for ${by.command}`)
    const data = join(directory, 'data')
    await writeFile(join(data, 'recovery.signal'), '')
    await appendFile(join(data, 'postgresql.conf'), "restore_command = 'touch asked; sleep 600; false'\n")
    const running = await start(by.command, directory)
    await appears(data, /^asked$/)
    await endsBy(running, by.signal)
  },
)

describe('a PostgreSQL in use', () => {
  let directory: string

  beforeAll(async () => {
    directory = await madeHome('in use')
    await prepare(directory, async () => {
      const url = await superuserAt(directory)
      // Holds every session of usage and migrate as it logs in.
      await query(
        url,
        `create function hold() returns event_trigger language plpgsql as $$ begin
           if current_setting('application_name') in ('tikmeter-usage', 'tikmeter-migrate') then
             perform pg_sleep(600);
           end if;
         end $$`,
      )
      await query(url, 'create event trigger hold on login execute function hold()')
    })
  })

  test.each([
    { command: 'usage', signal: 'SIGINT' },
    { command: 'migrate', signal: 'SIGTERM' },
    { command: 'run', signal: 'SIGTERM' },
  ] as const)('that $command started is stopped by $signal', async ({ command, signal }) => {
    const running = await start(command, directory)
    await until('it is in use', () => isHeld(directory))
    await endsBy(running, signal)
  })
})

/** Starts the database, does `work` and stops its server. */
async function prepare(directory: string, work: () => Promise<void>): Promise<void> {
  const postgres = new EmbeddedPostgres({ directory, log: createLogger('warn'), clock: systemClock })
  try {
    await postgres.start()
    await work()
  } finally {
    await postgres.stop()
  }
}

/** The folder for a database that does not exist yet. It is created already, so that it can be watched. */
async function newHome(name: string): Promise<string> {
  const directory = join(folder, name)
  await mkdir(directory)
  return directory
}

/** The folder of a database that was created and never started. */
async function madeHome(name: string): Promise<string> {
  const directory = join(folder, name)
  const home = await makeHome(directory, createLogger('warn'))
  await promisify(execFile)('cp', ['-a', `${inject('freshCluster')}/.`, home.folder])
  return directory
}

async function isHeld(directory: string): Promise<boolean> {
  const url = await findRunning(directory)
  if (url === undefined) return false
  // The server may still be starting up.
  const held = await query(url, "select from pg_stat_activity where wait_event = 'PgSleep'").catch(() => [])
  return held.length > 0
}

/** Expects that no process is left after the signal. @param said what a command prints then */
async function endsBy(
  { command, ended, signal: send }: Running,
  signal: Start['signal'],
  said = new RegExp(`^error: ended by ${signal}\n$`),
) {
  const beganMs = performance.now()
  send(signal)
  const [code, stderr] = command === 'run' ? [0, /^$/] : [1, said]
  expect(await ended).toEqual({ code, stderr: expect.stringMatching(stderr) })
  expect(await processesHere()).toEqual([])
  expect(performance.now() - beganMs).toBeLessThan(PROMPTLY_MS)
}
