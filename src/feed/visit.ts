import type { Duplex } from 'node:stream'
import { CLOSE } from './close-codes.ts'
import { PUSHER_CODE } from './pusher/codes.ts'
import { closing, type RequestOutcome } from './request-outcome.ts'

type Refusal = 'no_token' | 'failed_token' | 'forbidden' | 'too_many'

/** Limits on clients that have not shown a valid token, and the count of refusals. */
export interface StrangerLimits {
  /** Records a valid token: from now on the connection is not closed to make room for another. */
  stays(stream: Duplex): void
  /** Counts an invalid token. @returns whether the address is within its rate */
  mayFail(address: string): boolean
  /** Counts a connection that is opened without a token. @returns whether the address is within its rate */
  mayUpgrade(address: string): boolean
  refused(refusal: Refusal, address: string): void
}

const REFUSALS: ReadonlyMap<number, Refusal> = new Map<number, Refusal>([
  [CLOSE.noTokenInTime, 'no_token'],
  [PUSHER_CODE.notSubscribed, 'no_token'],
  [CLOSE.notYours, 'forbidden'],
  [PUSHER_CODE.unauthorised, 'forbidden'],
  [CLOSE.tooMany, 'too_many'],
])

/** A connection as the limits see it: a stranger until it shows a valid token or signature. */
export class Visit {
  readonly #stream: Duplex
  readonly #address: string
  readonly #limits: StrangerLimits

  /** @param address the one to which limits apply */
  constructor(stream: Duplex, address: string, limits: StrangerLimits) {
    this.#stream = stream
    this.#address = address
    this.#limits = limits
  }

  known(): void {
    this.#limits.stays(this.#stream)
  }

  /** Counts an invalid token. @returns how the connection ends */
  failed(reason: string): RequestOutcome {
    this.refused('failed_token')
    return this.#limits.mayFail(this.#address)
      ? closing(CLOSE.badToken, reason)
      : closing(CLOSE.tooMany, 'too many invalid tokens from the address')
  }

  refused(refusal: Refusal): void {
    this.#limits.refused(refusal, this.#address)
  }

  /** Counts a close as a refusal if its code is one. @param code sent by the server */
  ended(code: number): void {
    const refusal = REFUSALS.get(code)
    if (refusal) this.refused(refusal)
  }
}
