import { readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { devNull } from 'node:os'
import { errorCodeOf } from './error-code.ts'

/** The usual limit of a process, for systems that do not report it. */
const USUAL_LIMIT = 1024
/** Stands for no limit: more than any process uses. */
const NO_LIMIT = 1_000_000

/** Advice that follows the message of what could not be done. */
export const RAISE_DESCRIPTORS =
  'this process has too few file descriptors: raise its limit (LimitNOFILE= in the unit, or ulimit -n)'

const RAISE_MACHINES = 'this machine has too few file descriptors: raise fs.file-max (sysctl)'

/** What to do about an error for which `isOutOfDescriptors` is true. */
export function descriptorAdvice(error: unknown): string {
  return errorCodeOf(error) === 'ENFILE' ? RAISE_MACHINES : RAISE_DESCRIPTORS
}

/** Whether the process or the machine has no file descriptor left. The peer is not at fault, and it passes. */
export function isOutOfDescriptors(error: unknown): boolean {
  const code = errorCodeOf(error)
  return code === 'EMFILE' || code === 'ENFILE'
}

/** Takes a descriptor and gives it back. @returns the error if none is left; `undefined` if some are */
export async function lackOfDescriptors(): Promise<unknown> {
  try {
    const taken = await open(devNull)
    await taken.close()
    return undefined
  } catch (error) {
    return isOutOfDescriptors(error) ? error : undefined
  }
}

/**
 * The number of descriptors that this process may have open: its soft limit, which Node raises to the hard one at start.
 * @param file see proc_pid_limits(5)
 */
export function descriptorLimit(file = '/proc/self/limits'): number {
  let text = ''
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return USUAL_LIMIT // There is no /proc.
  }
  const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(text) ?? []
  if (soft === 'unlimited') return NO_LIMIT
  return soft === undefined ? USUAL_LIMIT : Number(soft)
}

/**
 * Descriptors that are not for clients: 17 of the database, those of the journal, those of the embedded PostgreSQL's and
 * systemd's programs, 64 of webhooks, and Node's own.
 */
const OWN_DESCRIPTORS = 160
/** A router's connection, and the one that replaces it. */
const ROUTER_DESCRIPTORS = 2
/** Some clients must always be able to connect, to see what is wrong. */
const LEAST_CONNECTIONS = 32

/**
 * The number of clients' connections for which there are descriptors.
 * @param limit of the process
 * @param routers number of routers that it reads
 */
export function connectionsLeft(limit: number, routers: number): number {
  return Math.max(LEAST_CONNECTIONS, limit - OWN_DESCRIPTORS - ROUTER_DESCRIPTORS * routers)
}
