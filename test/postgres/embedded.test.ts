import { chmod, chown, mkdir, mkdtemp, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EmbeddedPostgres } from '../../src/postgres/embedded.ts'
import { findRunning } from '../../src/postgres/find-running.ts'
import { Stopping } from '../../src/runtime/lifecycle.ts'
import { LogLines } from '../runtime/log-lines.ts'
import { Naps } from '../runtime/naps.ts'
import { takeDescriptors } from '../runtime/no-descriptors.ts'
import { ask, embeddedAt, killedAt, postmasterPidAt } from './embedded-scene.ts'

let folder: string
let directory: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tikmeter-embedded-'))
  await chmod(folder, 0o711)
  directory = join(folder, 'data', 'postgres')
})

afterAll(async () => {
  const home = await realpath(directory).catch(() => directory)
  await rm(home, { recursive: true, force: true })
  await rm(folder, { recursive: true, force: true })
})

function embedded(at = directory): EmbeddedPostgres {
  return embeddedAt(at)
}

function killed(): EmbeddedPostgres {
  return killedAt(directory)
}

function postmasterPid(): Promise<number> {
  return postmasterPidAt(directory)
}

test('a database is created once and found again, and only its owner can read the password', async () => {
  const first = embedded()
  const { url } = await first.start()
  await ask(url, 'create table kept (n int)')
  await ask(url, 'insert into kept values (7)')
  await first.stop()
  await expect(ask(url, 'select')).rejects.toThrow()
  const second = embedded()
  try {
    expect(await ask((await second.start()).url, 'select n from kept')).toEqual([{ n: 7 }])
    expect((await stat(join(directory, 'password'))).mode & 0o777).toBe(0o600)
  } finally {
    await second.stop()
  }
}, 60_000)

test('the database comes back after kill -9, at the same address', async () => {
  const postgres = embedded()
  try {
    const { url } = await postgres.start()
    const before = await postmasterPid()
    await ask(url, 'insert into kept values (8)')
    process.kill(before, 'SIGKILL')
    await expect
      .poll(() => ask(url, 'select n from kept order by n').catch(() => 'gone'), { timeout: 25_000 })
      .toEqual([{ n: 7 }, { n: 8 }])
    await expect.poll(postmasterPid).not.toBe(before)
  } finally {
    await postgres.stop()
  }
})

test('a lack of file descriptors is not taken for the end of the server', async () => {
  const [clock, lines] = [new Naps(), new LogLines()]
  const postgres = new EmbeddedPostgres({ directory, log: lines.log, clock })
  try {
    await postgres.start()
    await clock.asleep
    const giveBack = takeDescriptors()
    for (let look = 0; look < 3; look++) await clock.turn()
    await giveBack()
    await clock.turn()
    expect(lines.messages).toEqual(['embedded postgres is up'])
  } finally {
    await postgres.stop()
  }
})

test('a server whose daemon was killed is taken over, but not from a live daemon', async () => {
  const before = killed()
  const { url } = await before.start()
  const pid = await postmasterPid()
  const daemon = new Client({ connectionString: url, application_name: 'tikmeter' })
  await daemon.connect()
  await expect(embedded().start()).rejects.toMatchObject({ name: 'AnotherDaemon', retryable: true })
  await daemon.end()
  const after = embedded()
  try {
    expect(await after.start()).toEqual({ url })
    expect(await postmasterPid()).toBe(pid)
    expect(await findRunning(directory)).toBe(url)
  } finally {
    await after.stop()
    await before.stop()
  }
  expect(await findRunning(directory)).toBe(undefined)
})

test('after kill -9 of both, the next start recovers', async () => {
  const before = killed()
  const { url } = await before.start()
  await ask(url, 'insert into kept values (9)')
  process.kill(await postmasterPid(), 'SIGKILL')
  const after = embedded()
  try {
    expect(await ask((await after.start()).url, 'select count(*)::int as n from kept')).toEqual([{ n: 3 }])
  } finally {
    await after.stop()
    await before.stop()
  }
})

test('a pid file that names a process other than a postmaster is ignored', async () => {
  const file = join(directory, 'data', 'postmaster.pid')
  await writeFile(file, `${process.pid}\n${directory}/data\n1700000000\n5432\n\n127.0.0.1\n\nready\n`)
  const { uid, gid } = await stat(join(directory, 'data'))
  await chown(file, uid, gid)
  const postgres = embedded()
  try {
    expect(await ask((await postgres.start()).url, 'select 1 as one')).toEqual([{ one: 1 }])
  } finally {
    await postgres.stop()
  }
})

test('two that start at the same time create one database', async () => {
  const other = join(folder, 'other')
  const [a, b] = [embedded(other), embedded(other)]
  try {
    const [first, second] = await Promise.all([a.start(), b.start()])
    expect(first).toEqual(second)
  } finally {
    await a.stop()
    await b.stop()
    await rm(await realpath(other), { recursive: true, force: true })
  }
})

test('one that is stopped during its start leaves no server, and does not start later', async () => {
  const stopped = join(folder, 'stopped')
  const postgres = embedded(stopped)
  const starting = postgres.start()
  await postgres.stop()
  await expect(starting).rejects.toBeInstanceOf(Stopping)
  await expect(postgres.start()).rejects.toBeInstanceOf(Stopping)
  expect(await findRunning(stopped)).toBe(undefined)
  await rm(await realpath(stopped), { recursive: true, force: true })
})

test('a folder with foreign files is left unchanged', async () => {
  const other = join(folder, 'precious')
  await mkdir(other)
  await chmod(other, 0o755)
  await writeFile(join(other, 'letters.txt'), 'dear')
  await expect(embedded(other).start()).rejects.toMatchObject({ name: 'ForeignDirectory' })
  expect((await stat(other)).mode & 0o777).toBe(0o755)
})
