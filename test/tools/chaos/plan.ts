import { pick, type Random, seededRandom } from '../../harness/fleet/random.ts'
import {
  BUS_FAULTS,
  BUS_LINK_FAULTS,
  type BusFaultKind,
  DAEMON_FAULTS,
  type DaemonFaultKind,
  DISK_FAULTS,
  type DiskFaultKind,
  LINK_FAULTS,
  type LinkFaultKind,
  POSTGRES_FAULTS,
  type PostgresFaultKind,
  RELOADS,
  type ReloadKind,
  ROUTER_FAULTS,
  ROUTER_LIES,
  type RouterFaultKind,
} from './kinds.ts'

export interface PlanOptions {
  readonly seed: number
  readonly minutes: number
  readonly routers: number
  readonly daemons: number
  /** Whether routers lie as well. */
  readonly hasLies: boolean
  /** Whether there is a bus. */
  readonly hasBus: boolean
}

/** Begins at `atMs` of the run, or when what it has to wait for is over. */
export interface Planned<Kind> {
  readonly kind: Kind
  readonly atMs: number
  readonly forMs: number
  /** In [0, 1), for further choices. */
  readonly variant: number
}

export interface PlannedRouterFault extends Planned<RouterFaultKind> {
  /** The router's number in the fleet. */
  readonly router: number
}

export interface Plan {
  readonly routers: readonly PlannedRouterFault[]
  /** One after the other: each restores the usual state. */
  readonly daemons: readonly Planned<DaemonFaultKind>[]
  readonly postgres: readonly Planned<PostgresFaultKind>[]
  readonly bus: readonly Planned<BusFaultKind>[]
  /** One after the other, of any daemon. */
  readonly links: readonly Planned<LinkFaultKind>[]
  readonly disks: readonly Planned<DiskFaultKind>[]
  readonly reloads: readonly Planned<ReloadKind>[]
}

type PlannedKind =
  | RouterFaultKind
  | DaemonFaultKind
  | PostgresFaultKind
  | BusFaultKind
  | LinkFaultKind
  | DiskFaultKind
  | ReloadKind

/** Time between two faults of a router. */
const BREATHER_MS = 2_500
/** Lies of each kind; some find no session. */
const LIES_A_MINUTE = 4
const TAKEOVERS: readonly DaemonFaultKind[] = [
  'kill -9, taken over',
  'SIGSTOP, long',
  'SIGTERM, back later',
  'link cut, taken over',
]

/** Least and greatest duration in milliseconds, without the time that has to be waited for. */
const DURATIONS: Readonly<Record<PlannedKind, readonly [number, number]>> = {
  reboot: [500, 3_000],
  'drop rst': [0, 0],
  'drop fin': [0, 0],
  'hang silent': [1_000, 8_000],
  'hang silent, late answers': [500, 2_500],
  'hang deaf': [1_000, 8_000],
  refuse: [1_000, 6_000],
  'network gone': [1_000, 6_000],
  'cut reply': [2_500, 2_500],
  trickle: [2_000, 6_000],
  deny: [500, 2_000],
  trap: [2_500, 4_000],
  'several traps': [2_500, 4_000],
  junk: [2_000, 6_000],
  fatal: [0, 0],
  'another router': [2_000, 5_000],
  'server menu refused': [4_000, 6_000],
  'server menu without rows': [4_000, 6_000],
  'kill -9, back at once': [0, 500],
  'kill -9, taken over': [0, 0],
  'SIGSTOP, short': [1_000, 3_000],
  'SIGSTOP, long': [0, 3_000],
  'SIGTERM, back at once': [0, 0],
  'SIGTERM, back later': [3_000, 8_000],
  'kill -9 amid logouts': [0, 0],
  'link cut, taken over': [0, 3_000],
  'postgres kill -9': [0, 2_000],
  'postgres hang': [500, 3_000],
  'nats kill -9': [500, 8_000],
  'nats hang': [500, 8_000],
  'cut to the database': [500, 4_000],
  'cut from the database': [500, 4_000],
  'cut to the bus': [500, 8_000],
  'cut from the bus': [500, 8_000],
  'journal disk full': [2_000, 6_000],
  'reload: pace': [2_000, 4_000],
  'reload: router off and on': [2_000, 5_000],
  'reload: router out and in': [2_000, 5_000],
}

/** Everything that will go wrong, decided before the run: the same seed makes the same plan. */
export function planOf({ seed, minutes, routers, daemons, hasLies, hasBus }: PlanOptions): Plan {
  const random = seededRandom(seed)
  const endMs = minutes * 60_000
  const often = Math.max(1, Math.ceil(1.2 * minutes))
  const daemonFaults = DAEMON_FAULTS.flatMap(kind => repeat(kind, timesOf(kind, minutes, daemons)))
  const oftenEach = <Kind extends PlannedKind>(kinds: readonly Kind[], untilMs: number) =>
    laidOut(
      random,
      kinds.flatMap(kind => repeat(kind, often)),
      untilMs,
    )
  const lies = hasLies ? ROUTER_LIES.flatMap(kind => repeat(kind, Math.ceil(LIES_A_MINUTE * minutes))) : []
  const faults = ROUTER_FAULTS.flatMap(kind => repeat(kind, often))
  return {
    routers: onRouters(laidOut(random, [...faults, ...lies], endMs - 10_000), routers, random),
    // Waiting takes the rest of the time.
    daemons: laidOut(random, daemonFaults, 0.8 * endMs),
    postgres: oftenEach(POSTGRES_FAULTS, endMs - 5_000),
    disks: oftenEach(DISK_FAULTS, endMs - 10_000),
    reloads: oftenEach(RELOADS, endMs - 10_000),
    // The last, so that a bus changes nothing else of a plan but the links.
    bus: hasBus ? oftenEach(BUS_FAULTS, endMs - 5_000) : [],
    links: oftenEach(hasBus ? [...LINK_FAULTS, ...BUS_LINK_FAULTS] : LINK_FAULTS, endMs - 5_000),
  }
}

function timesOf(kind: DaemonFaultKind, minutes: number, daemons: number): number {
  return TAKEOVERS.includes(kind) && daemons === 1 ? 0 : Math.max(1, Math.ceil(minutes))
}

function repeat<Kind>(kind: Kind, times: number): Kind[] {
  return Array.from({ length: times }, () => kind)
}

/** In random order, each at a random moment of its own share of the time. */
function laidOut<Kind extends PlannedKind>(
  random: Random,
  kinds: readonly Kind[],
  endMs: number,
): readonly Planned<Kind>[] {
  const order = kinds.map(kind => ({ kind, at: random() })).sort((a, b) => a.at - b.at)
  return order.map(({ kind }, index) => {
    const [fromMs, toMs] = DURATIONS[kind]
    return {
      kind,
      atMs: Math.round(((index + random()) * endMs) / order.length),
      forMs: Math.round(fromMs + random() * (toMs - fromMs)),
      variant: random(),
    }
  })
}

/** Assigns each fault to a router that is free then, or to the first one that becomes free. */
function onRouters(
  faults: readonly Planned<RouterFaultKind>[],
  routers: number,
  random: Random,
): readonly PlannedRouterFault[] {
  const freeAtMs = Array.from({ length: routers }, () => 0)
  return faults.map(fault => {
    const free = freeAtMs.flatMap((at, router) => (at <= fault.atMs ? [router] : []))
    const soonest = freeAtMs.indexOf(Math.min(...freeAtMs))
    const router = pick(random, free) ?? soonest
    const atMs = Math.max(fault.atMs, freeAtMs[router] ?? 0)
    freeAtMs[router] = atMs + fault.forMs + BREATHER_MS
    return { ...fault, atMs, router }
  })
}
