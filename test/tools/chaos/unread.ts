import { LEASE_MS, POLL_EVERY_MS } from './daemon-config.ts'
import type { ReaderChange } from './fleet-messages.ts'
import { BUS_FAULTS, BUS_LINK_FAULTS, type DaemonFaultKind, DISK_FAULTS, type FaultKind } from './kinds.ts'

/** A fault that was carried out, and when, on the clock of the routers. */
export interface Happened {
  readonly kind: FaultKind
  readonly fromMs: number
  readonly toMs: number
}

/** A daemon that was killed, and that others take over from. */
export interface Crash {
  readonly atMs: number
  /** Its user on the routers. */
  readonly reader: string
}

/** How long routers went unread when they passed from one daemon to another, and nothing else was wrong. */
export interface UnreadTimes {
  /** In milliseconds. */
  readonly inMoves: readonly number[]
  readonly afterCrashes: readonly number[]
}

/** The bounds of these times, in milliseconds. */
export const MOST_IN_A_MOVE = 2 * POLL_EVERY_MS
export const MOST_AFTER_A_CRASH = LEASE_MS + 2 * POLL_EVERY_MS

/**
 * What keeps no router from being read: a daemon that stops gives its routers away in order, and neither the bus nor the
 * journal is needed. Reloads of single routers are in the routers' own logs.
 */
const HARMLESS: readonly FaultKind[] = [
  ...(['SIGTERM, back at once', 'SIGTERM, back later'] as const),
  ...([...BUS_FAULTS, ...BUS_LINK_FAULTS, ...DISK_FAULTS] as const),
  ...(['reload: router off and on', 'reload: router out and in'] as const),
]
const CRASH: FaultKind = 'kill -9, taken over' satisfies DaemonFaultKind
/** What a fault still causes after its end, such as the recovery of PostgreSQL and what waited for it. */
const AFTERMATH_MS = 2_000

/** Sorts the changes of readers by what caused them; those with another fault at about the time are left out. */
export function unreadTimes(
  changes: readonly ReaderChange[],
  faults: readonly Happened[],
  crashes: readonly Crash[],
): UnreadTimes {
  const serious = faults.filter(({ kind }) => !HARMLESS.includes(kind))
  const inMoves: number[] = []
  const afterCrashes: number[] = []
  for (const { fromMs, toMs, from } of changes) {
    const beside = serious.filter(it => it.fromMs <= toMs && it.toMs + AFTERMATH_MS >= fromMs)
    const isCrash = crashes.some(it => it.reader === from && it.atMs >= fromMs && it.atMs <= toMs)
    if (beside.length === 0) inMoves.push(toMs - fromMs)
    else if (isCrash && beside.every(({ kind }) => kind === CRASH)) afterCrashes.push(toMs - fromMs)
  }
  return { inMoves, afterCrashes }
}
