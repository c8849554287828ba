import { type Bytes, NO_BYTES } from '../../../src/accounting/bytes.ts'
import { DIRECTIONS, type Direction } from '../../../src/accounting/counting/mark.ts'

/** How a session's counters can be wrong. */
export const COUNTER_LIES = ['counters zero', 'counters as after a reset', 'counters slightly below'] as const

/**
 * What a router can tell of a session that is not true:
 *
 *     counters …       0; or what was moved since the last true reading, and well below what they were; or a little below
 *     row twice        its row comes twice
 *     …, once smaller  and one of the two has smaller counters
 *     row missing      it has no row
 *     … unreadable     a property of its row is missing, or not as any RouterOS writes it
 *     up since 1970    so says its uptime
 *     other … in …     the server menu has it from another caller, or by another name, than `/ppp/active`
 *     anything else    true, and told for the first time: a domain, an address, the name of an interface
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
  /** For how many readings. */
  readonly readings: number
  /** In [0, 1): for what else there is to choose. */
  readonly variant: number
}

const SLIGHTLY = 0.97
const WELL = 0.4

/** A lie that is being told. */
export class Telling {
  readonly kind: LieKind
  readonly variant: number
  /** What the counters were in the last reading that was true. */
  #before: Bytes
  readonly #readings: number
  #told = 0

  constructor({ kind, readings, variant }: Lie, before: Bytes) {
    this.kind = kind
    this.variant = variant
    this.#before = before
    this.#readings = readings
  }

  /** Readings that it was in. */
  get told(): number {
    return this.#told
  }

  get isOver(): boolean {
    return this.#told >= this.#readings
  }

  /** Whether who reads can know the row again by what it was: without it, or a property of it, it is a new one. */
  get isRowKept(): boolean {
    switch (this.kind) {
      case 'row missing':
        return false
      case 'uptime unreadable':
      case 'counters unreadable':
        return this.garbled !== undefined
      case 'new interface name':
        return this.#told > 0
      default:
        return true
    }
  }

  /** What is instead of a value that can't be read; `undefined` where nothing is. */
  get garbled(): string | undefined {
    return this.variant < 0.5 ? undefined : 'unknown'
  }

  tell(): void {
    this.#told++
  }

  /** A reading that was on its way when the lie was chosen showed the truth once more. */
  comesAfter(counters: Bytes): void {
    if (this.#told === 0) this.#before = counters
  }

  /** @returns `undefined` where its counters are not what is lied about */
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
