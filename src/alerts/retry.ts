import { backOffMs } from '../runtime/back-off.ts'
import type { PostOutcome } from '../runtime/post/sender.ts'
import type { Verdict } from './delivery.ts'

/** The outcome of an attempt: an exchange over HTTP, or a mail. */
export type Outcome =
  | PostOutcome
  /** The mail server has taken the message, for one of its recipients at least. */
  | { readonly kind: 'accepted' }
  /** The mail server does not want this message, however often it comes. */
  | { readonly kind: 'refused'; readonly error: string }

export interface Attempt {
  /** Counted from 1. */
  readonly number: number
  /** Time since the alert fired or ended. */
  readonly ageMs: number
}

const WAITS = { firstMs: 10_000, mostMs: 3_600_000 }
/** After an outage of days a webhook has many alerts waiting; each is tried for a day, counted from the event. */
const GIVE_UP_MS = 24 * 3_600_000
/** After an outage of our own, old alerts still get this many attempts, so that a short failure does not lose them. */
const LEAST_ATTEMPTS = 5
/** 410: the endpoint was removed for good. */
const GONE = 410
/** Too many requests, and service unavailable: these answers may say how long to wait. */
const PAUSING = new Set([429, 503])

/**
 * Decides about a delivery after an attempt. Retries follow after 10 s, 20 s, … up to an hour, reduced by a random part
 * of up to a half, until the alert is a day old.
 *
 *     2xx, accepted      delivered
 *     410, refused       dead
 *     429, 503           retry after the time they ask for, between 10 s and an hour
 *     others, or none    retry; also for a redirect, which may be an endpoint that is being moved
 *     cut off by us      retry at once, by any daemon
 *
 * @param random in [0, 1)
 */
export function verdictOn(outcome: Outcome, attempt: Attempt, random: number): Verdict {
  const ownMs = backOffMs(WAITS, attempt.number, random)
  switch (outcome.kind) {
    case 'accepted':
      return { kind: 'delivered' }
    case 'refused':
      return { kind: 'dead', error: outcome.error }
    case 'cut':
      return { kind: 'retry', afterMs: 0, error: 'cut off because the daemon stopped' }
    case 'unanswered':
      return again(attempt, ownMs, outcome.error)
    case 'answered': {
      const { status, retryAfterMs } = outcome
      if (status >= 200 && status < 300) return { kind: 'delivered' }
      const error = `HTTP ${status}`
      if (status === GONE) return { kind: 'dead', error }
      const askedMs = PAUSING.has(status) ? retryAfterMs : undefined
      return again(attempt, askedMs === undefined ? ownMs : withinWaits(askedMs), error)
    }
    default:
      return outcome satisfies never
  }
}

function again({ number, ageMs }: Attempt, afterMs: number, error: string): Verdict {
  return ageMs >= GIVE_UP_MS && number >= LEAST_ATTEMPTS
    ? { kind: 'dead', error }
    : { kind: 'retry', afterMs, error }
}

function withinWaits(ms: number): number {
  return Math.min(WAITS.mostMs, Math.max(WAITS.firstMs, ms))
}
