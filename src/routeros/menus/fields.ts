import type { Unreadable, Window } from '../../accounting/reading.ts'
import { RouterGarbled } from '../errors.ts'
import type { Reply } from '../wire/connection.ts'
import type { Row } from '../wire/sentence.ts'
import { parseDuration } from './duration.ts'

const TWO_TO_53 = 2n ** 53n

/**
 * Reads a 64-bit counter as a safe integer. Above 2^53, which is 9 PB, it is taken modulo 2^53, and differences stay
 * exact.
 * @returns `undefined` if the row has no counter that can be read
 */
export function counterOf(row: Row, name: string): number | undefined {
  const text = row.get(name)
  if (text === undefined || !COUNTER.test(text)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : Number(BigInt(text) % TWO_TO_53)
}

/** Reads the uptime in whole seconds; `undefined` if the row has none that can be read. */
export function uptimeOf(row: Row): number | undefined {
  const seconds = parseDuration(row.get('uptime') ?? '')
  return seconds === undefined ? undefined : Math.floor(seconds)
}

const COUNTER = /^\d{1,20}$/

/** Finds the first of these counters that a row has but that cannot be read; `undefined` if there is none. */
export function unreadableCounterOf(row: Row, names: readonly string[]): Unreadable | undefined {
  const property = names.find(name => {
    const text = textOf(row, name)
    return text !== undefined && !COUNTER.test(text)
  })
  return property === undefined ? undefined : unreadable(row, property)
}

/** Describes a property that cannot be read. */
export function unreadable(row: Row, property: string): Unreadable {
  return { rowId: textOf(row, '.id'), property, value: row.get(property) }
}

/**
 * Reads the uptime in whole seconds. A reading without an uptime is refused, because bytes could be counted twice if it
 * is unknown whether the router rebooted.
 * @throws RouterGarbled if the row has none that can be read
 */
export function requiredUptimeOf(row: Row, command: string): number {
  const seconds = uptimeOf(row)
  if (seconds === undefined)
    throw new RouterGarbled(
      `${command}: a row has no uptime that can be read (${row.get('uptime') ?? 'absent'})`,
    )
  return seconds
}

/**
 * Computes when something with this uptime began: a window, because uptimes are whole seconds and the reply took time.
 */
export function beganAt(reply: Pick<Reply, 'askedMs' | 'answeredMs'>, uptimeSeconds: number): Window {
  return {
    earliestMs: reply.askedMs - (uptimeSeconds + 1) * 1_000,
    latestMs: reply.answeredMs - uptimeSeconds * 1_000,
  }
}

/** Reads a property; `undefined` if it is absent or, as in some replies, empty. */
export function textOf(row: Row, name: string): string | undefined {
  return row.get(name) || undefined
}

/** Returns the word that limits an answer to these properties. */
export function proplist(...names: readonly string[]): string {
  return `=.proplist=${names.join(',')}`
}
