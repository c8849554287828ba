import type { Unreadable, Window } from '../../accounting/reading.ts'
import { RouterGarbled } from '../errors.ts'
import type { Reply } from '../wire/connection.ts'
import type { Row } from '../wire/sentence.ts'
import { parseDuration } from './duration.ts'

const TWO_TO_53 = 2n ** 53n

/**
 * A 64-bit counter as a safe integer, `undefined` where the row has none. Beyond 2^53, which is 9 PB, it is taken
 * modulo 2^53: differences stay exact.
 */
export function counterOf(row: Row, name: string): number | undefined {
  const text = row.get(name)
  if (text === undefined || !COUNTER.test(text)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : Number(BigInt(text) % TWO_TO_53)
}

/** Whole seconds; `undefined` where the row has no uptime that can be read. */
export function uptimeOf(row: Row): number | undefined {
  const seconds = parseDuration(row.get('uptime') ?? '')
  return seconds === undefined ? undefined : Math.floor(seconds)
}

const COUNTER = /^\d{1,20}$/

/** The first of these counters that a row has and that can't be read; `undefined` where there is none. */
export function unreadableCounterOf(row: Row, names: readonly string[]): Unreadable | undefined {
  const property = names.find(name => {
    const text = textOf(row, name)
    return text !== undefined && !COUNTER.test(text)
  })
  return property === undefined ? undefined : unreadable(row, property)
}

export function unreadable(row: Row, property: string): Unreadable {
  return { rowId: textOf(row, '.id'), property, value: row.get(property) }
}

/**
 * Whole seconds. Without it nobody could say whether a router is the one of the last reading, and bytes could be
 * counted twice: then there is no reading.
 * @throws RouterGarbled where the row has none that can be read
 */
export function requiredUptimeOf(row: Row, command: string): number {
  const seconds = uptimeOf(row)
  if (seconds === undefined)
    throw new RouterGarbled(
      `${command}: a row with no uptime that can be read (${row.get('uptime') ?? 'absent'})`,
    )
  return seconds
}

/** When that began which has been up for `uptimeSeconds`: any time that the whole seconds and the reply's delay leave. */
export function beganAt(reply: Pick<Reply, 'askedMs' | 'answeredMs'>, uptimeSeconds: number): Window {
  return {
    earliestMs: reply.askedMs - (uptimeSeconds + 1) * 1_000,
    latestMs: reply.answeredMs - uptimeSeconds * 1_000,
  }
}

/** A property that may be absent, or, in some replies, empty. */
export function textOf(row: Row, name: string): string | undefined {
  return row.get(name) || undefined
}

export function proplist(...names: readonly string[]): string {
  return `=.proplist=${names.join(',')}`
}
