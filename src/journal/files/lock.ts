import { randomUUID } from 'node:crypto'
import { link, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isOutOfDescriptors } from '../../runtime/descriptors.ts'
import { errorCodeOf } from '../../runtime/error-code.ts'

const FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT'])

/** Another process uses the journal. */
export class JournalInUse extends Error {
  override readonly name = 'JournalInUse'

  constructor(directory: string, pid: number) {
    super(
      `${directory} is the journal of process ${pid}, which is running: stop that daemon, or give this one a journal.directory of its own`,
    )
  }
}

/**
 * Locks a directory for this process, until the returned function is called or the process has ended.
 *
 *     lock = pid " " start " " token
 *
 * `start` is the kernel's boot and the ticks from there to the begin of the process. A pid alone is not enough: in a
 * container every run has the same one.
 * @throws JournalInUse
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, 'lock')
  const token = randomUUID().slice(0, 13)
  const ours = join(directory, `lock-${token}`)
  try {
    await write(ours, `${process.pid} ${await startOf(process.pid)} ${token}`)
    await take(path, ours)
  } finally {
    await rm(ours, { force: true })
  }
  return async () => {
    if (tokenOf(await contentsOf(path)) === token) await rm(path, { force: true })
  }
}

/**
 * Writes a file; on a full disk, a symbolic link with the contents as its target. A link of less than 60 bytes needs no
 * space of its own, because file systems keep it with its name.
 */
async function write(path: string, contents: string): Promise<void> {
  try {
    await writeFile(path, contents, { mode: 0o600 })
  } catch (error) {
    if (!FULL.has(errorCodeOf(error))) throw error
    await rm(path, { force: true })
    await symlink(contents, path)
  }
}

/**
 * Takes the lock by a hard link to our file, which fails if the lock exists. The lock of a process that has ended is
 * replaced, but only under a second lock for replacing just that one, and only if it is still there.
 */
async function take(path: string, ours: string): Promise<void> {
  for (;;) {
    if (await isLinked(ours, path)) return
    const held = await contentsOf(path)
    await checkIsGone(held, path)
    const turn = `${path}-after-${tokenOf(held)}`
    await take(turn, ours)
    try {
      if ((await contentsOf(path)) === held) return await replace(path, ours)
    } finally {
      await rm(turn, { force: true })
    }
  }
}

async function replace(path: string, ours: string): Promise<void> {
  const another = `${ours}-new`
  await link(ours, another)
  await rename(another, path)
}

async function isLinked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (errorCodeOf(error) === 'EEXIST') return false
    throw error
  }
}

async function checkIsGone(held: string, path: string): Promise<void> {
  const [pid, start] = held.split(' ')
  const holder = Number(pid)
  if (!Number.isInteger(holder) || holder <= 0 || !isAlive(holder)) return
  if ((await startOf(holder)) === start) throw new JournalInUse(dirname(path), holder)
}

function tokenOf(held: string): string {
  return held.split(' ')[2]?.replaceAll(/[^0-9a-z-]/g, '') ?? 'nobody'
}

/** @returns an empty text if the file is gone or was never written */
async function contentsOf(path: string): Promise<string> {
  try {
    return await readlink(path).catch(() => readFile(path, 'utf8'))
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return ''
    throw error
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errorCodeOf(error) === 'EPERM'
  }
}

/** @returns a word that no earlier process with the same pid had; without /proc, the same word for all */
async function startOf(pid: number): Promise<string> {
  const boot = await readIfThere('/proc/sys/kernel/random/boot_id')
  const stat = await readIfThere(`/proc/${pid}/stat`)
  // The 22nd field, counted from the end of the program's name, which is in brackets and may contain anything.
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  return `${boot.slice(0, 8)}/${ticks}`
}

/** Throws if we have no descriptors: otherwise the lock of a running process would seem to be that of an ended one. */
async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isOutOfDescriptors(error)) throw error
    return ''
  }
}
