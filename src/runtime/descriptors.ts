import { readFileSync } from 'node:fs'
import { errorCodeOf } from './error-code.ts'

/** Where the system does not tell: the usual limit of a process. */
const USUAL_LIMIT = 1024
/** More than any process uses, where there is no limit. */
const NO_LIMIT = 1_000_000

/** What to do about it, behind what could not be done. */
export const RAISE_DESCRIPTORS =
  'this process has too few file descriptors: raise its limit (LimitNOFILE= in the unit, or ulimit -n)'

/** Whether the process, or the whole machine, has no file descriptor left: it is nobody else's fault, and passes. */
export function isOutOfDescriptors(error: unknown): boolean {
  const code = errorCodeOf(error)
  return code === 'EMFILE' || code === 'ENFILE'
}

/**
 * How many descriptors this process may have open: its soft limit, which Node raises to the hard one at its start.
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
 * What is not there for clients: the database's 17, the journal's, the embedded PostgreSQL's and systemd's programs, 64 of
 * webhooks, and what Node has open by itself.
 */
const OWN_DESCRIPTORS = 160
/** A router's connection, and the one that takes its place. */
const ROUTER_DESCRIPTORS = 2
/** Somebody has to be let in to see what is wrong. */
const LEAST_CONNECTIONS = 32

/**
 * For how many clients' connections there are descriptors.
 * @param limit of the process
 * @param routers that it reads
 */
export function connectionsLeft(limit: number, routers: number): number {
  return Math.max(LEAST_CONNECTIONS, limit - OWN_DESCRIPTORS - ROUTER_DESCRIPTORS * routers)
}
