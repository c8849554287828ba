import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AccountFiles } from '../../src/postgres/files.ts'
import { findHome, type Home, makeHome } from '../../src/postgres/home.ts'
import { makePassword } from '../../src/postgres/password.ts'
import { findPostmaster } from '../../src/postgres/postmaster.ts'
import { reach } from '../../src/postgres/reach.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import { removeHome } from './embedded-scene.ts'

/** The uid on most systems. */
const NOBODY = 65_534
const log = createLogger('silent')
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tikmeter-root-'))
  await chmod(folder, 0o711)
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** A file of root's that other accounts must not read. */
async function treasure(name: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, 'of root', { mode: 0o600 })
  return path
}

function madeHome(name: string): Promise<Home> {
  return makeHome(join(folder, name), log)
}

/** Puts a link there, as the owner of the folder could. */
async function plant(target: string, path: string): Promise<void> {
  await rm(path, { recursive: true, force: true })
  await symlink(target, path)
}

// As an ordinary user there is nothing to gain with somebody else's link.
describe.skipIf(process.getuid?.() !== 0)('as root', () => {
  test('a link in place of a file that is created reveals nothing of root’s', async () => {
    const home = await madeHome('made')
    const wanted = await treasure('made-treasure')
    const racing = new AbortController()
    const race = plantAgainAndAgain(home.folder, wanted, racing.signal)
    try {
      for (let turn = 0; turn < 20; turn++) {
        await rm(join(home.folder, 'password'), { force: true })
        // The account may break its own password.
        await makePassword(home).catch(() => {})
      }
    } finally {
      racing.abort()
      await race
    }
    expect(await race).toBeGreaterThan(0)
    expect(await stat(wanted)).toMatchObject({ uid: 0, gid: 0, mode: 0o100600 })
    expect(await readFile(wanted, 'utf8')).toBe('of root')
    await removeHome(home.folder)
  })

  test('the target of a link is not read, nor a file of another account', async () => {
    const home = await madeHome('read')
    const wanted = await treasure('read-treasure')
    const files = new AccountFiles(home.account)
    await plant(wanted, join(home.folder, 'password'))
    expect(await files.read(join(home.folder, 'password'))).toBe(undefined)
    await plant(folder, join(home.folder, 'data'))
    expect(await files.read(join(home.folder, 'data', 'read-treasure'))).toBe(undefined)
    await removeHome(home.folder)
  })

  test('a file that the account may not remove or rename is not removed or renamed for it', async () => {
    const home = await madeHome('removed')
    const wanted = await treasure('postmaster.pid')
    const files = new AccountFiles(home.account)
    await plant(folder, join(home.folder, 'data'))
    await files.remove(join(home.folder, 'data', 'postmaster.pid'))
    await expect(
      files.move(join(home.folder, 'data', 'postmaster.pid'), join(folder, 'gained')),
    ).rejects.toThrow()
    expect(await readFile(wanted, 'utf8')).toBe('of root')
    await removeHome(home.folder)
  })

  test('a process of somebody else is not taken for its server, whatever the pid file says', async () => {
    const home = await madeHome('pid')
    const lines = `${process.pid}\n/\n1700000000\n5432\n\n127.0.0.1\n\nready\n`
    const data = await mkdtemp(join(folder, 'data-'))
    await writeFile(join(data, 'postmaster.pid'), lines)
    await chown(join(data, 'postmaster.pid'), home.account?.uid ?? 0, home.account?.gid ?? 0)
    await plant(data, join(home.folder, 'data'))
    const before = process.cwd()
    process.chdir(data)
    try {
      expect(await findPostmaster(home)).toBe(undefined)
    } finally {
      process.chdir(before)
    }
    await removeHome(home.folder)
  })

  test('a home is not created through a link that another account can have made', async () => {
    const theirs = join(folder, 'theirs')
    await mkdir(theirs)
    await chown(theirs, NOBODY, NOBODY)
    const wanted = join(folder, 'empty-of-root')
    await mkdir(wanted, { mode: 0o755 })
    await symlink(wanted, join(theirs, 'postgres'))
    await symlink(folder, join(theirs, 'above'))
    for (const path of ['postgres', join('above', 'empty-of-root')])
      await expect(makeHome(join(theirs, path), log)).rejects.toMatchObject({ name: 'ForeignLink' })
    expect(await stat(wanted)).toMatchObject({ uid: 0, gid: 0, mode: 0o040755 })
  })

  test('a home that its account cannot access is in another folder, and is found there again', async () => {
    const closed = await mkdtemp(join(tmpdir(), 'tikmeter-closed-'))
    const directory = join(closed, 'data', 'postgres')
    const home = await makeHome(directory, log)
    try {
      expect(home.folder).not.toBe(directory)
      expect(await readlink(directory)).toBe(home.folder)
      expect(await makeHome(directory, log)).toEqual(home)
      expect((await findHome(directory))?.folder).toBe(home.folder)
      await rm(home.folder, { recursive: true })
      expect(await makeHome(directory, log)).toEqual(home)
    } finally {
      await removeHome(directory)
      await rm(closed, { recursive: true })
    }
  })

  test('a link made by root is followed', async () => {
    const real = join(folder, 'real')
    await mkdir(real)
    await symlink('real', join(folder, 'link'))
    const reached = await reach(join(folder, 'link', 'postgres'))
    try {
      expect(reached.path).toBe(join(real, 'postgres'))
    } finally {
      await reached.handle.close()
    }
  })

  test('an open folder stays the same one when it is renamed', async () => {
    const theirs = join(folder, 'renamed')
    const reached = await reach(theirs)
    try {
      await plant(folder, theirs)
      await mkdir(join(reached.inside, 'new')).catch(() => {})
      expect(await lstat(join(folder, 'new')).catch(() => undefined)).toBe(undefined)
    } finally {
      await reached.handle.close()
    }
  })

  test('a data folder that somebody else put there does not decide the account', async () => {
    const home = await madeHome('of-another')
    const theirs = join(folder, 'of-nobody')
    await mkdir(theirs)
    await chown(theirs, NOBODY, NOBODY)
    await plant(theirs, join(home.folder, 'data'))
    expect((await makeHome(home.folder, log)).account).toEqual(home.account)
    await removeHome(home.folder)
  })
})

/** Puts a link in place of each unfinished password, again and again. @returns how often */
async function plantAgainAndAgain(home: string, target: string, signal: AbortSignal): Promise<number> {
  let planted = 0
  while (!signal.aborted) {
    for (const name of (await readdir(home)).filter(it => it.startsWith('password.'))) {
      await plant(target, join(home, name))
      planted++
    }
  }
  return planted
}
