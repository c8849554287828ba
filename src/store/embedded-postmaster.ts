import { readFile, readlink, realpath, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** The server process of a data folder. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
}

/** As long as a server may take to write its `postmaster.pid` when it starts. */
const WRITING_MS = 60_000

/**
 * The live postmaster of a data folder, by its `postmaster.pid`. A pid that outlived a reboot or a `kill -9` and is
 * somebody else's by now, or a zombie that nobody reaps, is not taken for one, though PostgreSQL itself would.
 */
export async function findPostmaster(data: string): Promise<Postmaster | undefined> {
  const { pid, port } = await readPidFile(data)
  return pid && port && (await isPostmaster(pid, data)) ? { pid, port } : undefined
}

/**
 * Removes a `postmaster.pid` that tells of no live postmaster. Children that outlived theirs are still found, by the
 * shared memory that is named after the folder.
 */
export async function dropStalePid(data: string): Promise<void> {
  const { pid } = await readPidFile(data)
  if (pid ? await isPostmaster(pid, data) : await isBeingWritten(data)) return
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

/** Its first line is the pid, its fourth the port; `undefined` what is not there. */
async function readPidFile(data: string): Promise<{ pid: number | undefined; port: number | undefined }> {
  const lines = (await readFile(pidFile(data), 'utf8').catch(() => '')).split('\n')
  const positive = (line: string | undefined) => (Number(line) > 0 ? Number(line) : undefined)
  return { pid: positive(lines[0]), port: positive(lines[3]) }
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
