import type { Clock } from '../../runtime/clock.ts'
import { RouterTrap } from '../errors.ts'
import type { RouterConnection } from '../wire/connection.ts'
import type { Row } from '../wire/sentence.ts'
import { proplist } from './fields.ts'

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/**
 * Reads by how many seconds the router's clock is ahead of ours, to about a second.
 * @returns `undefined` if the router does not report its time, or in an unknown format
 * @throws RouterError
 */
export async function readClockOffset(
  connection: RouterConnection,
  clock: Clock,
): Promise<number | undefined> {
  try {
    const reply = await connection.command('/system/clock/print', proplist('date', 'time', 'gmt-offset'))
    const wallMs = reply.rows[0] && instantOf(reply.rows[0])
    if (wallMs === undefined) return undefined
    const sinceMs = clock.steadyMs() - (reply.askedMs + reply.answeredMs) / 2
    return Math.round((wallMs - (clock.now().getTime() - sinceMs)) / 1_000)
  } catch (error) {
    if (error instanceof RouterTrap) return undefined
    throw error
  }
}

/**
 * Reads the time from a row of `/system/clock`:
 *
 *     date        2026-11-24; before 7.10: nov/24/2026
 *     time        14:03:09
 *     gmt-offset  +03:00
 * @returns Unix milliseconds, or `undefined` if the row has another format
 */
export function instantOf(row: Row): number | undefined {
  const date = dateOf(row.get('date') ?? '')
  const time = /^\d\d:\d\d:\d\d$/.test(row.get('time') ?? '') ? row.get('time') : undefined
  const offset = /^[+-]\d\d:\d\d$/.test(row.get('gmt-offset') ?? '') ? row.get('gmt-offset') : undefined
  if (date === undefined || time === undefined || offset === undefined) return undefined
  const ms = Date.parse(`${date}T${time}${offset}`)
  return Number.isNaN(ms) ? undefined : ms
}

function dateOf(text: string): string | undefined {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return text
  const [, name = '', day = '', year = ''] = /^([a-z]{3})\/(\d\d)\/(\d{4})$/i.exec(text) ?? []
  const month = MONTHS.indexOf(name.toLowerCase()) + 1
  return month === 0 ? undefined : `${year}-${String(month).padStart(2, '0')}-${day}`
}
