import { chmod, mkdir, mkdtemp, readdir, realpath, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findRunning } from '../../src/postgres/find-running.ts'
import { newListening } from '../../src/postgres/listening.ts'
import {
  ask,
  clusterIn,
  embeddedAt,
  killedAt,
  makeHomeAt,
  postmasterPidAt,
  removeHome,
  socketOf,
} from './embedded-scene.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tikmeter-listening-'))
  // As root, PostgreSQL runs as another user.
  await chmod(folder, 0o711)
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function madeHome(name: string): Promise<string> {
  const at = join(folder, name)
  await makeHomeAt(at)
  return at
}

async function listeningAddresses(url: string): Promise<unknown> {
  return (await ask(url, 'show listen_addresses'))[0]?.['listen_addresses']
}

test('it listens on a socket in its closed home, and on no port', async () => {
  const at = await madeHome("it's, so")
  const postgres = embeddedAt(at)
  try {
    const { url } = await postgres.start()
    const home = await realpath(at)
    expect(socketOf(url)).toBe(join(home, `.s.PGSQL.${new URL(url).port}`))
    expect((await stat(home)).mode & 0o777).toBe(0o700)
    expect(await listeningAddresses(url)).toBe('')
  } finally {
    await postgres.stop()
  }
  expect((await readdir(await realpath(at))).filter(name => name.startsWith('.s.'))).toEqual([])
  await removeHome(at)
})

test('a stale socket is removed', async () => {
  const at = await madeHome('left-behind')
  const before = killedAt(at)
  const socket = socketOf((await before.start()).url)
  process.kill(await postmasterPidAt(at), 'SIGKILL')
  const after = embeddedAt(at)
  try {
    const { url } = await after.start()
    expect(socketOf(url)).not.toBe(socket)
    const names = await readdir(await realpath(at))
    expect(names.filter(name => name.startsWith('.s.') && !name.endsWith('.lock'))).toEqual([
      basename(socketOf(url)),
    ])
  } finally {
    await after.stop()
    await before.stop()
    await removeHome(at)
  }
})

test('if the path of its home is too long for a socket, the socket is in a closed folder elsewhere', async () => {
  const at = await madeHome(join('a'.repeat(60), "b, 'c'".repeat(9), 'postgres'))
  const postgres = embeddedAt(at)
  try {
    const { url } = await postgres.start()
    const socket = dirname(socketOf(url))
    expect(socket).not.toBe(await realpath(at))
    expect((await stat(socket)).mode & 0o777).toBe(0o700)
    expect(await listeningAddresses(url)).toBe('')
    expect(await findRunning(at)).toBe(url)
  } finally {
    await postgres.stop()
    await removeHome(at)
  }
})

test('if its home does not support sockets, the socket is in a closed folder elsewhere', async () => {
  const at = await madeHome('without-sockets')
  const { home, cluster } = await clusterIn(at)
  // A folder with the socket's name has the same effect as a file system without sockets.
  await mkdir(join(home.folder, '.s.PGSQL.5432'))
  const listening = { kind: 'socket', folder: home.folder, port: 5432 } as const
  await expect(cluster.start(listening)).rejects.toMatchObject({ name: 'SocketRefused', retryable: true })
  const elsewhere = await newListening(home, true)
  await cluster.start(elsewhere)
  try {
    expect(await listeningAddresses(await cluster.superuserUrl(elsewhere, 'postgres'))).toBe('')
  } finally {
    await cluster.stop()
    await removeHome(at)
  }
})
