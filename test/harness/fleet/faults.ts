import type { Request } from './request.ts'

/** How a connection ends: aborted, or closed in order. */
export type Ending = 'rst' | 'fin'

export interface Cut {
  /** The menu whose next reply is cut; `undefined`: that of any menu. */
  readonly menu?: string
  /** Bytes of the reply that are still sent; by default half of it. Never the whole reply. */
  readonly afterBytes?: number
  readonly by: Ending
}

export interface Failure {
  /** The menu of the command: `/ppp/active`. */
  readonly menu: string
  /** Traps, one message each, before the `!done`. */
  readonly messages: readonly string[]
  readonly category?: number
  readonly times: number
}

/**
 * none      answers
 * silent    reads and never answers
 * deaf      accepts and reads nothing, so that not even TLS gets an answer
 */
export type Hang = 'none' | 'silent' | 'deaf'

/** The current faults of a router. */
export class Faults {
  hang: Hang = 'none'
  isDenying = false
  /** Number of logins to refuse. */
  loginsToRefuse = 0
  hasJunk = false
  /** Whether rows are missing in the server menus. */
  areServersShort = false
  /** Milliseconds per byte if bytes are sent one by one. */
  trickleMs: number | undefined
  #cut: Cut | undefined
  #failures: { failure: Failure; left: number }[] = []

  cutNext(cut: Cut): void {
    this.#cut = cut
  }

  failNext(failure: Failure): void {
    this.#failures.push({ failure, left: failure.times })
  }

  takeCut({ menu }: Request): Cut | undefined {
    const cut = this.#cut
    if (!cut || (cut.menu !== undefined && cut.menu !== menu)) return undefined
    this.#cut = undefined
    return cut
  }

  takeFailure({ menu }: Request): Failure | undefined {
    const next = this.#failures.find(({ failure, left }) => failure.menu === menu && left > 0)
    if (!next) return undefined
    next.left--
    return next.failure
  }

  takeLoginRefusal(): boolean {
    if (this.isDenying) return true
    if (this.loginsToRefuse === 0) return false
    this.loginsToRefuse--
    return true
  }

  clear(): void {
    this.hang = 'none'
    this.isDenying = false
    this.loginsToRefuse = 0
    this.hasJunk = false
    this.areServersShort = false
    this.trickleMs = undefined
    this.#cut = undefined
    this.#failures = []
  }
}
