import { randomUUID } from 'node:crypto'
import { link, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isOutOfDescriptors } from '../../runtime/descriptors.ts'
import { errorCodeOf } from '../../runtime/error-code.ts'

const FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT'])

/** Another process has the journal. */
export class JournalInUse extends Error {
  override readonly name = 'JournalInUse'

  constructor(directory: string, pid: number) {
    super(
      `${directory} is the journal of process ${pid}, which is running: stop that daemon, or give this one a journal.directory of its own`,
    )
  }
}

/**
 * Takes a directory for this process, until what it returns is called or the process is gone.
 *
 *     lock = pid " " start " " token
 *
 * `start` is the kernel's boot and the ticks from there to the process's own beginning, since a pid alone says
 * little: in a container every run has the same one.
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
 * A full disk takes no byte of a file, but it takes a symbolic link, which leads nowhere and has less than 60 bytes:
 * those are kept with its name.
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
 * A link to a file that is written already makes the lock ours, or says that it is there. One whose process is gone
 * is replaced, by whoever has the lock on replacing just that one, and finds it still there.
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

/** @returns nothing where the file is gone, or was never written */
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

/** @returns a word that no earlier process of the same pid had; where there is no /proc, the same for all */
async function startOf(pid: number): Promise<string> {
  const boot = await readIfThere('/proc/sys/kernel/random/boot_id')
  const stat = await readIfThere(`/proc/${pid}/stat`)
  // The 22nd field, counted from behind the program's name, which is in brackets and may hold anything.
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  return `${boot.slice(0, 8)}/${ticks}`
}

/** A process without descriptors would take the lock of a running one for that of one that is gone. */
async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isOutOfDescriptors(error)) throw error
    return ''
  }
}
