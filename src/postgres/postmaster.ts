import { readFile, readlink, realpath, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { HiddenServer } from './errors.ts'
import { AccountFiles } from './files.ts'
import type { Home } from './home.ts'
import { type Listening, socketFile } from './listening.ts'

/** The server process of a cluster. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
  /** `undefined` while it is starting. */
  readonly listening: Listening | undefined
}

/** The longest time that a starting server takes to write its `postmaster.pid`. */
const WRITING_MS = 60_000

/**
 * Finds the live postmaster of a home by its `postmaster.pid`. A pid from before a reboot or `kill -9` that belongs to
 * another process now, or to a zombie, does not count, although PostgreSQL itself would accept it.
 */
export async function findPostmaster(home: Home): Promise<Postmaster | undefined> {
  const { pid, port, listening } = await readPidFile(home)
  return pid && port && (await isPostmaster(pid, home)) ? { pid, port, listening } : undefined
}

/**
 * Removes a `postmaster.pid` without a live postmaster, and the socket that it names. Children that outlived their
 * postmaster are still found, by the shared memory that is named after the folder. In another container on the same volume
 * neither can be seen, and a second server would ruin the data: but its socket answers.
 * @throws HiddenServer
 */
export async function dropStalePid(home: Home): Promise<void> {
  const { pid, listening } = await readPidFile(home)
  if (pid ? await isPostmaster(pid, home) : await isBeingWritten(home)) return
  const socket = listening?.kind === 'socket' ? socketFile(listening.folder, listening.port) : undefined
  if (socket !== undefined && (await answers(socket))) throw new HiddenServer(home.folder)
  const stale = socket === undefined ? [] : [socket, `${socket}.lock`]
  await new AccountFiles(home.account).remove(...stale, pidFile(home))
}

function answers(socket: string): Promise<boolean> {
  return new Promise(resolve => {
    const connection = connect(socket, () => {
      connection.destroy()
      resolve(true)
    })
    connection.once('error', () => resolve(false))
  })
}

/** Ends the server and its sessions at once but in order, like `pg_ctl stop -m fast`. */
export function quitPostmaster({ pid }: Postmaster): void {
  try {
    process.kill(pid, 'SIGINT')
  } catch {
    // It has ended.
  }
}

/** Reads its lines: pid, data folder, start, port, folder of the socket, listening address. Some are written later. */
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
    // Its working directory is the data folder from the beginning, and a zombie has none.
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
    const isThere = cwd !== undefined && cwd === (await realpath(join(folder, 'data')).catch(() => undefined))
    // The account can write the file and name another process there, so the owner of the process is checked.
    return isThere && (!account || (await userOf(pid)) === account.uid)
  }
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** The account that a process runs as. See proc_pid_status(5): real, effective, saved and file system uid. */
async function userOf(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const [, uid] = /^Uid:\s+(\d+)/m.exec(status) ?? []
  return uid === undefined ? undefined : Number(uid)
}
