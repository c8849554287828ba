import { type Bytes, NO_BYTES } from '../../../src/accounting/bytes.ts'
import { DIRECTIONS, type Direction } from '../../../src/accounting/counting/mark.ts'

/** The ways in which a session's counters can be wrong. */
export const COUNTER_LIES = ['counters zero', 'counters as after a reset', 'counters slightly below'] as const

/**
 * The lies that a router can tell about a session:
 *
 *     counters …       0; or the bytes since the last true reading, far below the last value; or slightly below it
 *     row twice        its row comes twice
 *     …, once smaller  and one of the two has smaller counters
 *     row missing      it has no row
 *     … unreadable     a property of its row is missing, or in a format that RouterOS never writes
 *     up since 1970    so says its uptime
 *     other … in …     the server menu has another caller or name for it than `/ppp/active`
 *     anything else    true but new: a domain, an address, the name of an interface
 */
export const LIES = [
  ...COUNTER_LIES,
  'row twice',
  'row twice, once smaller',
  'row missing',
  'uptime unreadable',
  'counters unreadable',
  'up since 1970',
  'other caller in the server menu',
  'other name in the server menu',
  'new domain',
  'new address',
  'new interface name',
] as const

export type LieKind = (typeof LIES)[number]

export interface Lie {
  readonly kind: LieKind
  /** Number of readings with the lie. */
  readonly readings: number
  /** In [0, 1), for further choices. */
  readonly variant: number
}

const SLIGHTLY = 0.97
const WELL = 0.4

/** A lie that is being told. */
export class Telling {
  readonly kind: LieKind
  readonly variant: number
  /** The counters in the last true reading. */
  #before: Bytes
  readonly #readings: number
  #timesTold = 0

  constructor({ kind, readings, variant }: Lie, before: Bytes) {
    this.kind = kind
    this.variant = variant
    this.#before = before
    this.#readings = readings
  }

  /** Number of readings with the lie so far. */
  get timesTold(): number {
    return this.#timesTold
  }

  get isOver(): boolean {
    return this.#timesTold >= this.#readings
  }

  /** Whether a reader can recognise the row: without the row or a property of it, it is a new one. */
  get isRowKept(): boolean {
    switch (this.kind) {
      case 'row missing':
        return false
      case 'uptime unreadable':
      case 'counters unreadable':
        return this.garbled !== undefined
      case 'new interface name':
        return this.#timesTold > 0
      default:
        return true
    }
  }

  /** The text instead of a value that cannot be read; `undefined` if there is none. */
  get garbled(): string | undefined {
    return this.variant < 0.5 ? undefined : 'unknown'
  }

  tell(): void {
    this.#timesTold++
  }

  /** Called for a true reading that was under way when the lie was chosen. */
  comesAfter(counters: Bytes): void {
    if (this.#timesTold === 0) this.#before = counters
  }

  /** @returns `undefined` if the lie is not about its counters */
  counters(now: Bytes): Bytes | undefined {
    const before = this.#before
    switch (this.kind) {
      case 'counters zero':
        return NO_BYTES
      case 'counters as after a reset':
        return each(it => Math.min(now[it] - Math.min(now[it], before[it]), Math.floor(before[it] * WELL)))
      case 'counters slightly below':
        return each(it => Math.min(now[it], Math.floor(before[it] * SLIGHTLY)))
      default:
        return undefined
    }
  }
}

function each(of: (direction: Direction) => number): Bytes {
  const [upload = 0, download = 0] = DIRECTIONS.map(of)
  return { upload, download }
}
