/** How an attempt went. */
export type Outcome =
  | {
      readonly kind: 'answered'
      readonly status: number
      /** As the answer asks for. */
      readonly retryAfterMs: number | undefined
    }
  /** `error` in words that give away neither the address nor anything of an answer. */
  | { readonly kind: 'unanswered'; readonly error: string }
  /** By us, since the daemon stops. */
  | { readonly kind: 'cut' }

/** What becomes of the delivery. */
export type Verdict =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly afterMs: number; readonly error: string }
  | { readonly kind: 'dead'; readonly error: string }

export interface Attempt {
  /** 1 for the first. */
  readonly number: number
  /** Since what it tells of happened. */
  readonly ageMs: number
}

const FIRST_MS = 10_000
const MOST_MS = 3_600_000
/** Whoever has been away for a weekend has a stack of alerts behind the first one: each has its own day, not a day more. */
const GIVE_UP_MS = 24 * 3_600_000
/** But one that comes to be tried only then, after an outage of our own, is not given up for a proxy's restart. */
const LEAST_ATTEMPTS = 5
/** It is there no more, and says that it never will be. */
const GONE = 410
/** Too many requests; out of service for now: those that may say for how long. */
const PAUSING = new Set([429, 503])

/**
 * What becomes of a delivery after an attempt: again after 10 s, 20 s, … to an hour, jittered by up to a half, until
 * what it tells of is a day old.
 *
 *     2xx                delivered
 *     410                dead
 *     429, 503           again after as long as it says, between 10 s and an hour
 *     others, or none    again; a redirect too, for it may be an endpoint that is being moved
 *     cut off by us      again at once, by whoever is there then
 *
 * @param random in [0, 1)
 */
export function verdictOn(outcome: Outcome, attempt: Attempt, random: number): Verdict {
  switch (outcome.kind) {
    case 'cut':
      return { kind: 'retry', afterMs: 0, error: 'cut off by a stop of the daemon' }
    case 'unanswered':
      return again(attempt, backoffMs(attempt, random), outcome.error)
    case 'answered': {
      const { status, retryAfterMs } = outcome
      if (status >= 200 && status < 300) return { kind: 'delivered' }
      const error = `HTTP ${status}`
      if (status === GONE) return { kind: 'dead', error }
      const ownMs = backoffMs(attempt, random)
      const askedMs = PAUSING.has(status) ? retryAfterMs : undefined
      return again(
        attempt,
        askedMs === undefined ? ownMs : Math.min(MOST_MS, Math.max(FIRST_MS, askedMs)),
        error,
      )
    }
    default:
      return outcome satisfies never
  }
}

/**
 * The header `Retry-After`: seconds, or a date.
 * @returns milliseconds from now on, less than none for a date that is over; `undefined` where it is neither
 */
export function retryAfterMs(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined
  if (/^\d+$/.test(header)) return Number(header) * 1_000
  const atMs = Date.parse(header)
  return Number.isNaN(atMs) ? undefined : atMs - now.getTime()
}

function again({ number, ageMs }: Attempt, afterMs: number, error: string): Verdict {
  return ageMs >= GIVE_UP_MS && number >= LEAST_ATTEMPTS
    ? { kind: 'dead', error }
    : { kind: 'retry', afterMs, error }
}

function backoffMs({ number }: Attempt, random: number): number {
  const fullMs = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(number - 1, 20))
  return Math.round(fullMs * (1 - random / 2))
}
