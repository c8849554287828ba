import type { Request } from './request.ts'

/** How a connection ends: aborted, or closed in order. */
export type Ending = 'rst' | 'fin'

export interface Cut {
  /** The menu whose next reply is cut; without one, any menu's. */
  readonly menu?: string
  /** Bytes of the reply that are still sent; half of them where it is not said. Never the whole reply. */
  readonly afterBytes?: number
  readonly by: Ending
}

export interface Failure {
  /** Of the command: `/ppp/active`. */
  readonly menu: string
  /** One trap each, before the `!done`. */
  readonly messages: readonly string[]
  readonly category?: number
  readonly times: number
}

/**
 * none      answers
 * silent    reads and never answers
 * deaf      accepts and reads nothing at all, so that not even TLS gets its answer
 */
export type Hang = 'none' | 'silent' | 'deaf'

/** What is wrong with a router right now. */
export class Faults {
  hang: Hang = 'none'
  isDenying = false
  /** Logins that are refused before one is heard again. */
  loginsToRefuse = 0
  hasJunk = false
  /** Whether the server menus lack rows. */
  areServersShort = false
  /** Milliseconds a byte where bytes are sent one by one. */
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
