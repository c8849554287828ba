import { execFile } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { stringify } from 'yaml'
import { makeHome } from '../../src/postgres/home.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import { AsAccount, NOBODY } from './as-account.ts'
import { embeddedAt, makeHomeAt, removeHome } from './embedded-scene.ts'

/**
 * Moves a file away, puts a link to somebody else's file in its place (a hard link where possible), and puts the file
 * back: one file after the other, again and again, until its input ends.
 */
const SWAPS = `
const fs = require('node:fs')
const [home, ...wanted] = argv
const names = ['password', 'password.daemon', 'postgres.log', 'data/postmaster.pid', 'data']
const counts = Object.fromEntries(names.map(it => [it, 0]))
let turn = 0
let isOver = false
const attempt = work => { try { work(); return true } catch { return false } }
const putBack = path => {
  attempt(() => fs.unlinkSync(path))
  attempt(() => fs.renameSync(path + '.kept', path))
}
const swap = () => {
  if (isOver) {
    console.log(JSON.stringify(counts))
    process.exit()
  }
  const name = names[turn % names.length]
  const path = home + '/' + name
  const folder = wanted[turn++ % wanted.length]
  const target = name === 'data' ? folder : folder + '/postmaster.pid'
  attempt(() => fs.renameSync(path, path + '.kept'))
  if (attempt(() => fs.linkSync(target, path)) || attempt(() => fs.symlinkSync(target, path))) counts[name]++
  setTimeout(() => { putBack(path); setTimeout(swap, Math.random() * 8) }, Math.random() * 8)
}
process.stdin.resume().once('end', () => { isOver = true })
swap()
`
/** Prints its environment, which shows what was read for it. */
const FAKE_PSQL = '#!/bin/sh\necho "$PGUSER $PGPASSWORD $PGHOST"\n'
/** No command takes longer, whatever happens to its server meanwhile. */
const MOST_MS = 12_000
const WANTED = 'known to its owner alone'

/** Files that other accounts must not read. */
interface Treasure {
  readonly path: string
  readonly uid: number
  readonly mode: number
}

let folder: string
let treasures: readonly Treasure[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tikmeter-races-'))
  await chmod(folder, 0o711)
  await writeFile(join(folder, 'psql'), FAKE_PSQL, { mode: 0o755 })
  treasures = [await buried('of-root', 0), await buried('of-nobody', NOBODY.uid)]
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** A folder, because it can replace a folder, with the files that PostgreSQL has in its own. */
async function buried(name: string, uid: number): Promise<Treasure> {
  const path = join(folder, name)
  await mkdir(path, { mode: 0o755 })
  for (const file of ['postmaster.pid', 'PG_VERSION']) {
    await writeFile(join(path, file), WANTED, { mode: 0o600 })
    await chown(join(path, file), uid, uid)
  }
  await chown(path, uid, uid)
  return { path, uid, mode: 0o40755 }
}

function fileOf({ path }: Treasure): string {
  return join(path, 'postmaster.pid')
}

/** From now on a read changes the access time, if the file system supports that. */
async function watch(path: string): Promise<void> {
  await utimes(path, 1, new Date())
}

async function wasRead(path: string): Promise<boolean> {
  return (await stat(path)).atimeMs > 1_000
}

async function expectUntouched(treasure: Treasure): Promise<void> {
  const { uid, mode, path } = treasure
  expect(await stat(path)).toMatchObject({ uid, gid: uid, mode })
  const file = fileOf(treasure)
  expect(await wasRead(file)).toBe(false)
  expect(await stat(file)).toMatchObject({ uid, gid: uid, mode: 0o100600 })
  expect(await readFile(file, 'utf8')).toBe(WANTED)
}

/** Runs a command as root. @returns its whole output */
function tikmeter(command: string, config: string): Promise<string> {
  const env = { PATH: `${folder}:${process.env['PATH']}` }
  const args = [inject('cli'), command, '--config', config]
  return new Promise(resolve => {
    execFile(process.execPath, args, { env, cwd: folder, timeout: MOST_MS }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    )
  })
}

async function startAndStop(at: string): Promise<void> {
  const postgres = embeddedAt(at)
  const late = setTimeout(() => void postgres.stop(), MOST_MS)
  // The account may break its own database.
  await postgres.start().catch(() => {})
  clearTimeout(late)
  await postgres.stop().catch(() => {})
}

describe.skipIf(process.getuid?.() !== 0)('as the account of the database', () => {
  test('links in place of its files gain nothing of root’s or of another account’s', async () => {
    const at = join(folder, 'postgres')
    const config = join(folder, 'tikmeter.yaml')
    await writeFile(config, stringify({ database: { directory: at } }))
    await makeHomeAt(at)
    const { folder: home, account = NOBODY } = await makeHome(at, createLogger('silent'))
    // Makes all files exist.
    await startAndStop(at)
    for (const treasure of treasures) await watch(fileOf(treasure))
    const race = new AsAccount(account, SWAPS, home, ...treasures.map(it => it.path))
    const said = [await tikmeter('migrate', config), await tikmeter('psql', config)]
    await startAndStop(at)
    const swaps = await race.end<Record<string, number>>()
    expect(Math.min(...Object.values(swaps))).toBeGreaterThan(10)
    for (const text of said) expect(text).not.toContain(WANTED)
    for (const treasure of treasures) await expectUntouched(treasure)
    await removeHome(at)
  }, 120_000)

  test('reading a file shows in its access time', async context => {
    const probe = join(folder, 'probe')
    await writeFile(probe, WANTED)
    await watch(probe)
    await readFile(probe)
    // Without access times the races above prove less.
    if (!(await wasRead(probe))) context.skip()
  })
})
