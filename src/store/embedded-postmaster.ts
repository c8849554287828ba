import { readFile, readlink, realpath, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Listening, socketFile } from './embedded-listening.ts'

/** The server process of a data folder. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
  /** `undefined` while it has only begun to start. */
  readonly listening: Listening | undefined
}

/** As long as a server may take to write its `postmaster.pid` when it starts. */
const WRITING_MS = 60_000

/**
 * The live postmaster of a data folder, by its `postmaster.pid`. A pid that outlived a reboot or a `kill -9` and is
 * somebody else's by now, or a zombie that nobody reaps, is not taken for one, though PostgreSQL itself would.
 */
export async function findPostmaster(data: string): Promise<Postmaster | undefined> {
  const { pid, port, listening } = await readPidFile(data)
  return pid && port && (await isPostmaster(pid, data)) ? { pid, port, listening } : undefined
}

/**
 * Removes a `postmaster.pid` that tells of no live postmaster, and the socket that it tells of. Children that outlived
 * theirs are still found, by the shared memory that is named after the folder.
 */
export async function dropStalePid(data: string): Promise<void> {
  const { pid, listening } = await readPidFile(data)
  if (pid ? await isPostmaster(pid, data) : await isBeingWritten(data)) return
  if (listening?.kind === 'socket') {
    const file = socketFile(listening.folder, listening.port)
    for (const stale of [file, `${file}.lock`]) await rm(stale, { force: true })
  }
  await rm(pidFile(data), { force: true })
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
  data: string,
): Promise<Record<'pid' | 'port', number | undefined> & Pick<Postmaster, 'listening'>> {
  const lines = (await readFile(pidFile(data), 'utf8').catch(() => '')).split('\n')
  const positive = (line: string | undefined) => (Number(line) > 0 ? Number(line) : undefined)
  const [pid, port] = [positive(lines[0]), positive(lines[3])]
  return { pid, port, listening: port === undefined ? undefined : listeningOf(port, lines[4], lines[5]) }
}

function listeningOf(port: number, folder = '', address = ''): Listening | undefined {
  if (folder !== '') return { kind: 'socket', folder, port }
  return address === '' ? undefined : { kind: 'tcp', port }
}

async function isBeingWritten(data: string): Promise<boolean> {
  const file = await stat(pidFile(data)).catch(() => undefined)
  return file !== undefined && Date.now() - file.mtimeMs < WRITING_MS
}

function pidFile(data: string): string {
  return join(data, 'postmaster.pid')
}

async function isPostmaster(pid: number, data: string): Promise<boolean> {
  if (process.platform === 'linux') {
    // Its working directory is the data folder from its first moment on, and a zombie has none.
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
    return cwd !== undefined && cwd === (await realpath(data).catch(() => undefined))
  }
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
