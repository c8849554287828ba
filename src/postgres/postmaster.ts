import { readFile, readlink, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AccountFiles } from './files.ts'
import type { Home } from './home.ts'
import { type Listening, socketFile } from './listening.ts'

/** The server process of a home. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
  /** `undefined` while it has only begun to start. */
  readonly listening: Listening | undefined
}

/** As long as a server may take to write its `postmaster.pid` when it starts. */
const WRITING_MS = 60_000

/**
 * The live postmaster of a home, by its `postmaster.pid`. A pid that outlived a reboot or a `kill -9` and is
 * somebody else's by now, or a zombie that nobody reaps, is not taken for one, though PostgreSQL itself would.
 */
export async function findPostmaster(home: Home): Promise<Postmaster | undefined> {
  const { pid, port, listening } = await readPidFile(home)
  return pid && port && (await isPostmaster(pid, home)) ? { pid, port, listening } : undefined
}

/**
 * Removes a `postmaster.pid` that tells of no live postmaster, and the socket that it tells of. Children that outlived
 * theirs are still found, by the shared memory that is named after the folder.
 */
export async function dropStalePid(home: Home): Promise<void> {
  const { pid, listening } = await readPidFile(home)
  if (pid ? await isPostmaster(pid, home) : await isBeingWritten(home)) return
  const socket = listening?.kind === 'socket' ? socketFile(listening.folder, listening.port) : undefined
  const stale = socket === undefined ? [] : [socket, `${socket}.lock`]
  await new AccountFiles(home.account).remove(...stale, pidFile(home))
}

/** Ends it and its sessions at once, though in order: what `pg_ctl stop -m fast` does. */
export function quitPostmaster({ pid }: Postmaster): void {
  try {
    process.kill(pid, 'SIGINT')
  } catch {
    // It is gone.
  }
}

/** Its lines: pid, data folder, start, port, folder of the socket, address that it listens on. Some come later. */
async function readPidFile(
  home: Home,
): Promise<Record<'pid' | 'port', number | undefined> & Pick<Postmaster, 'listening'>> {
  const lines = ((await new AccountFiles(home.account).read(pidFile(home))) ?? '').split('\n')
  const positive = (line: string | undefined) => (Number(line) > 0 ? Number(line) : undefined)
  const [pid, port] = [positive(lines[0]), positive(lines[3])]
  return { pid, port, listening: port === undefined ? undefined : listeningOf(port, lines[4], lines[5]) }
}

function listeningOf(port: number, folder = '', address = ''): Listening | undefined {
  if (folder !== '') return { kind: 'socket', folder, port }
  return address === '' ? undefined : { kind: 'tcp', port }
}

async function isBeingWritten(home: Home): Promise<boolean> {
  const file = await stat(pidFile(home)).catch(() => undefined)
  return file !== undefined && Date.now() - file.mtimeMs < WRITING_MS
}

function pidFile({ folder }: Home): string {
  return join(folder, 'data', 'postmaster.pid')
}

async function isPostmaster(pid: number, { folder, account }: Home): Promise<boolean> {
  if (process.platform === 'linux') {
    // Its working directory is the data folder from its first moment on, and a zombie has none.
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
    const isThere = cwd !== undefined && cwd === (await realpath(join(folder, 'data')).catch(() => undefined))
    // Its account writes the file, and may name somebody else's process there.
    return isThere && (!account || (await userOf(pid)) === account.uid)
  }
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Whom a process runs as. See proc_pid_status(5): real, effective, saved and file system's. */
async function userOf(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const [, uid] = /^Uid:\s+(\d+)/m.exec(status) ?? []
  return uid === undefined ? undefined : Number(uid)
}
