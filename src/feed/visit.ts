import type { Duplex } from 'node:stream'
import { CLOSE } from './close-codes.ts'
import { closing, type Outcome } from './outcome.ts'
import { PUSHER_CODE } from './pusher/codes.ts'

type Refusal = 'no_token' | 'failed_token' | 'forbidden' | 'too_many'

/** A port: the limits on those who have not shown a token that holds, and who was refused. */
export interface StrangerLimits {
  /** The connection has shown a token that holds, for the rest of its time. */
  stays(stream: Duplex): void
  /** @returns whether an address may show one more token that does not hold */
  mayFail(address: string): boolean
  refused(refusal: Refusal, address: string): void
}

const REFUSALS: ReadonlyMap<number, Refusal> = new Map<number, Refusal>([
  [CLOSE.noTokenInTime, 'no_token'],
  [PUSHER_CODE.notSubscribed, 'no_token'],
  [CLOSE.notYours, 'forbidden'],
  [PUSHER_CODE.unauthorised, 'forbidden'],
  [CLOSE.tooMany, 'too_many'],
])

/** A connection as limits see it: a stranger's until it shows a token, or a signature, that holds. */
export class Visit {
  readonly #stream: Duplex
  readonly #address: string
  readonly #limits: StrangerLimits

  /** @param address as limits count it */
  constructor(stream: Duplex, address: string, limits: StrangerLimits) {
    this.#stream = stream
    this.#address = address
    this.#limits = limits
  }

  known(): void {
    this.#limits.stays(this.#stream)
  }

  /** How it ends for a token that does not hold. */
  failed(reason: string): Outcome {
    this.refused('failed_token')
    return this.#limits.mayFail(this.#address)
      ? closing(CLOSE.badToken, reason)
      : closing(CLOSE.tooMany, 'too many tokens from the address that do not hold')
  }

  refused(refusal: Refusal): void {
    this.#limits.refused(refusal, this.#address)
  }

  /** @param code by which the server ends it; one of Pusher's that may mean more than a refusal is none */
  ended(code: number): void {
    const refusal = REFUSALS.get(code)
    if (refusal) this.refused(refusal)
  }
}
