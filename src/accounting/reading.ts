import type { Bytes } from './bytes.ts'

/*
 * What a router said: the input of every decision. Nothing of the program is imported here but bytes.
 */

/** The name of what a router is asked for, such as `hotspot` or `ppp`. Accounting does not know which services exist. */
export type Service = string

/**
 * The time of an event by two clocks. `wall` chooses the day, and jumps when somebody sets the time. `steadyMs` is for
 * comparisons: milliseconds that only grow, anchored to the wall clock when the process began. So values of two
 * processes can be compared as long as nobody set the clock in between.
 */
export interface Moment {
  readonly wall: Date
  readonly steadyMs: number
}

/**
 * The span in which something must have happened, on the steady clock. A login is known as such a span, because an
 * uptime has whole seconds and was true at some moment between the request and the answer.
 */
export interface Window {
  readonly earliestMs: number
  readonly latestMs: number
}

/** One session in a reading. */
export interface SessionReading {
  /** `hotspot`, `pppoe`, `l2tp`, `pptp`, `sstp`, `ovpn`, or another name that the router uses. */
  readonly protocol: string
  /** The subscriber that the bytes are billed to. */
  readonly username: string
  /** The hotspot's `domain`, if the router splits one off the name. The config says whether the username contains it. */
  readonly domain: string | undefined
  /** The hotspot's server; absent for PPP. */
  readonly server: string | undefined
  readonly macAddress: string | undefined
  readonly ipAddress: string | undefined
  /** PPP's `session-id`; the hotspot has none. */
  readonly routerSessionId: string | undefined
  /** PPP's `caller-id`: a MAC for PPPoE, an address for L2TP and PPTP. */
  readonly callerId: string | undefined
  readonly uptimeSeconds: number
  /** When the session logged in, according to this reading. */
  readonly login: Window
  /** The running totals; `undefined` if no interface row could be joined this time (docs/accounting.md rule 11). */
  readonly counters: Bytes | undefined
  /** The static server binding that the counters belong to: they run on from session to session (rule 10). */
  readonly binding: string | undefined
  /** The PPP interface that the counters belong to, if it was joined in this reading or by a guess. */
  readonly joined: InterfaceJoin | undefined
  /** The row's counter that is present but cannot be read. */
  readonly unreadable: Unreadable | undefined
}

/** A property in a form that no RouterOS writes. */
export interface Unreadable {
  /** The router's `.id` of the row. Routers reuse ids. */
  readonly rowId: string | undefined
  readonly property: string
  /** Its text; absent if the row lacks the property. */
  readonly value: string | undefined
}

/** The interface of a PPP session, and how certain it is. */
export interface InterfaceJoin {
  /** The interface's name. Another interface may have it later. */
  readonly interface: string
  /**
   * Whether the server menu names another account than `/ppp/active`. No other session was possible when it was joined.
   * If an account of that name comes later, it takes the interface and the bytes that were counted on it.
   */
  readonly isGuess: boolean
  /** Whether its account had several sessions and interfaces that could not be told apart. */
  readonly isInterchangeable: boolean
  /** The interface's `.id`: another interface may have appeared under its name in the same second. */
  readonly interfaceId?: string
  /** Whether the interface had several rows. The largest counters were taken. */
  readonly isTwice?: boolean
}

/** The key that distinguishes the interface of a guess from all others: its `.id`, or its name if it has none. */
export function guessedInterface({ interface: name, interfaceId }: InterfaceJoin): string {
  return interfaceId ?? name
}

/** A row of a session whose uptime cannot be read. Nothing is counted for it. */
export interface UnreadRow extends Identity {
  readonly protocol: string
  readonly domain: string | undefined
  readonly unreadable: Unreadable
}

/** What identifies a session, besides its login time (rule 1). */
export type Identity = Pick<
  SessionReading,
  'username' | 'server' | 'macAddress' | 'ipAddress' | 'routerSessionId' | 'callerId'
>

/** How the sessions of a service are recognised: the part of matching that differs from service to service. */
export interface ServiceRules {
  /** The same for every reading of one session on one router; not unique without the login time (rule 1). */
  identityKey(it: Identity): string
  /**
   * The device of a session, which stays the same when the address or the name changes (rules 22 and 23); `undefined`
   * for sessions that only their identity identifies.
   */
  deviceKey(it: Identity): string | undefined
}

/** The machine that answered, as it describes itself. */
export interface Device {
  /** The serial number of the board, or the id of the licence (CHR, x86); absent if it reports neither. */
  readonly serial: string | undefined
  readonly identity: string
}

/** The running totals of a static PPP server binding, with or without a session on it. */
export interface BindingReading {
  readonly name: string
  readonly counters: Bytes
}

/**
 * Rows that differ from the previous reading only in their uptime and counters. Only these numbers are given, in arrays
 * with one element for each row.
 */
export interface KnownRows {
  readonly numbers: Int32Array
  readonly uptimeSeconds: Float64Array
  readonly upload: Float64Array
  readonly download: Float64Array
  /** The whole row at an index. Valid until the connection's next reading. */
  row(index: number): SessionReading
}

/**
 * The numbers that a connection gives to the rows of a service. A row keeps its number while each reading has it.
 * Once a reading lacks the row, another row may get the number.
 */
export interface NumberedRows {
  /** What gives the numbers. Numbers from two sources cannot be compared. */
  readonly by: object
  /** The numbers of the reading's `sessions`, in their order. */
  readonly numbers: readonly number[]
  /** The reading's other rows. */
  readonly known: KnownRows
  /** Steady milliseconds of the answer. With the time of the request it bounds the logins of known rows. */
  readonly answeredMs: number
}

/** One complete answer of a router for one service at one moment. A poll that failed in any way yields no reading. */
export interface Reading {
  readonly service: Service
  /** The matching rules of the service. */
  readonly rules: ServiceRules
  /** When the router was asked. */
  readonly at: Moment
  /** When the router booted, according to its uptime when this connection was opened (rule 2). */
  readonly boot: Window
  readonly device: Device
  /** The rows, except those in `numbered.known`. */
  readonly sessions: readonly SessionReading[]
  /** Rows that are skipped. Each may be any session that the other rows lack. */
  readonly unread: readonly UnreadRow[]
  /** Number of rows of unknown sessions that were left out because the router had too many; absent if none were. */
  readonly leftOut?: number
  /** Absent if rows have no numbers. */
  readonly numbered?: NumberedRows
  readonly bindings: readonly BindingReading[]
  /** Logout times that the router reported at once, for sessions that the reading lacks, by identity (rule 3). */
  readonly departures?: ReadonlyMap<string, Date>
}

/** A menu that a router refuses, as a path such as `/interface/pppoe-server`, and why. */
export interface MissingMenu {
  readonly menu: string
  readonly reason: string
}

/**
 * Rows of a reading, each with its number if it has one.
 * @param indices of the known rows that are wanted; all by default
 */
export function* rowsOf(
  { sessions, numbered }: Reading,
  indices: Iterable<number> = numbered?.known.numbers.keys() ?? [],
): Iterable<readonly [SessionReading, number | undefined]> {
  for (const [index, row] of sessions.entries()) yield [row, numbered?.numbers[index]]
  if (!numbered) return
  const { known } = numbered
  for (const index of indices) yield [known.row(index), known.numbers[index]]
}
