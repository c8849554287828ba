import type { Bytes } from './bytes.ts'

/** The name of what a router is asked for, as `hotspot` or `ppp`. Which there are is not for accounting to know. */
export type Service = string

/**
 * When a thing happened, by two clocks. `wall` says on which day to book it, and may jump when somebody sets the
 * time. `steadyMs` is for all comparing: milliseconds that only ever grow, anchored to the wall clock when the
 * process began, so that values of two processes compare as long as nobody set the clock between them.
 */
export interface Moment {
  readonly wall: Date
  readonly steadyMs: number
}

/**
 * The span in which something must have happened, on the steady clock. A login is known that way: an uptime is in
 * whole seconds, and it was true at some moment between asking and the answer.
 */
export interface Window {
  readonly earliestMs: number
  readonly latestMs: number
}

/** One session in a reading. */
export interface SessionReading {
  /** `hotspot`, `pppoe`, `l2tp`, `pptp`, `sstp`, `ovpn`, or what the router calls it. */
  readonly protocol: string
  /** Who is logged in: the subscriber that the bytes are billed to. */
  readonly username: string
  /** The hotspot's `domain`, where the router splits one off the name; whether it is in the username is configured. */
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
  /** When the session logged in, as this reading tells. */
  readonly login: Window
  /** The running totals; `undefined` where no interface row could be joined this round (docs/accounting.md rule 11). */
  readonly counters: Bytes | undefined
  /** The static server binding whose counters these are: they run on from session to session (rule 10). */
  readonly binding: string | undefined
  /** The PPP interface that the counters are of, where it was joined in this reading or by a guess. */
  readonly joined: Joined | undefined
  /** The row's counters where they are there and can't be read. */
  readonly unreadable: Unreadable | undefined
}

/** A property that is not written as any RouterOS writes it. */
export interface Unreadable {
  /** The router's `.id` of the row; handed out again. */
  readonly rowId: string | undefined
  readonly property: string
  /** What it has; absent where the row lacks it. */
  readonly value: string | undefined
}

/** How a PPP session came to its interface. */
export interface Joined {
  /** Its name, which another interface may have later. */
  readonly interface: string
  /**
   * Whether the server menu names another account than `/ppp/active`. Nothing else could be meant when it was joined;
   * an account of that name that comes later takes the interface, and the bytes that were counted on it.
   */
  readonly isGuess: boolean
  /** Whether its account had several sessions and interfaces of which nobody could tell which is whose. */
  readonly isInterchangeable: boolean
  /** Its `.id`: another interface may have come under its name in the same second. */
  readonly interfaceId?: string
  /** Whether it had several rows, of which the largest counters were taken. */
  readonly isTwice?: boolean
}

/** What tells the interface of a guess from any other. */
export function guessedInterface({ interface: name, interfaceId }: Joined): string {
  return interfaceId ?? name
}

/** A row that tells of a session, but not since when: nothing of it is counted. */
export interface UnreadRow extends Identity {
  readonly protocol: string
  readonly domain: string | undefined
  readonly unreadable: Unreadable
}

/** What a session is told by, apart from its login time (rule 1). */
export type Identity = Pick<
  SessionReading,
  'username' | 'server' | 'macAddress' | 'ipAddress' | 'routerSessionId' | 'callerId'
>

/** How the sessions of a service are known again: the part of matching that each service has its own way for. */
export interface ServiceRules {
  /** The same for every reading of one session on one router; not unique without the login time (rule 1). */
  identityKey(it: Identity): string
  /**
   * The device on which a session stays when its address or its name changes (rules 22 and 23); `undefined` for sessions
   * that are known by their identity alone.
   */
  deviceKey(it: Identity): string | undefined
}

/** The machine that answered, by what it says of itself. */
export interface Device {
  /** Of the board, or of the licence (CHR, x86); absent where it says neither. */
  readonly serial: string | undefined
  readonly identity: string
}

/** A static PPP server binding's running totals, whether or not a session is on it. */
export interface BindingReading {
  readonly name: string
  readonly counters: Bytes
}

/**
 * Rows that are in a reading as they were in the one before but for their uptime and their counters, so that nothing
 * else has to be told of them. Each array has one place a row.
 */
export interface KnownRows {
  readonly numbers: Int32Array
  readonly uptimeSeconds: Float64Array
  readonly upload: Float64Array
  readonly download: Float64Array
  /** The whole row at a place. Good until the connection's next reading. */
  row(place: number): SessionReading
}

/**
 * The numbers that a connection gives to the rows of a service: a row has the same one in each reading in a row that
 * it is in, and it may be another's after one that it is not in.
 */
export interface NumberedRows {
  /** Whoever gives them. Numbers of two are not to be compared. */
  readonly by: object
  /** Of the reading's `sessions`, in their order. */
  readonly numbers: readonly number[]
  /** The reading's other rows. */
  readonly known: KnownRows
  /** Steady milliseconds of the answer: with the time of asking it bounds the logins of known rows. */
  readonly answeredMs: number
}

/** One complete answer of a router for one service at one moment. A poll that failed in any way makes none. */
export interface Reading {
  readonly service: Service
  /** The service's. */
  readonly rules: ServiceRules
  /** When the router was asked. */
  readonly at: Moment
  /** When the router booted, as its uptime told when this connection was opened (rule 2). */
  readonly boot: Window
  readonly device: Device
  /** Its rows, but for those that are `numbered` and known. */
  readonly sessions: readonly SessionReading[]
  /** Rows that are skipped, each of which may be any session that the others lack. */
  readonly unread: readonly UnreadRow[]
  /** How many rows of sessions that are not known the router had beyond those; absent where it had none. */
  readonly leftOut?: number
  /** Absent where rows have no numbers. */
  readonly numbered?: NumberedRows
  readonly bindings: readonly BindingReading[]
  /** When sessions left that are not in it, by their identity, where the router told at once (rule 3). */
  readonly departures?: ReadonlyMap<string, Date>
}

/** A menu that a router refuses, as a path such as `/interface/pppoe-server`, and why. */
export interface MissingMenu {
  readonly menu: string
  readonly reason: string
}

/**
 * Rows of a reading, each with its number where it has one.
 * @param places of the known rows that are wanted; all unless told
 */
export function* rowsOf(
  { sessions, numbered }: Reading,
  places: Iterable<number> = numbered?.known.numbers.keys() ?? [],
): Iterable<readonly [SessionReading, number | undefined]> {
  for (const [index, row] of sessions.entries()) yield [row, numbered?.numbers[index]]
  if (!numbered) return
  const { known } = numbered
  for (const place of places) yield [known.row(place), known.numbers[place]]
}
