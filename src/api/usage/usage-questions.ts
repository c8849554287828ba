import type { Calendar } from '../../accounting/calendar.ts'
import type { TenantId } from '../../accounting/ids.ts'
import { SERVICE_NAMES } from '../../services/services.ts'
import { isDay, type Parameters } from '../http/parameters.ts'
import type { Cursor } from './cursor.ts'
import { checkLength, type DayRange, daysAsked, firstOfMonth } from './day-range.ts'
import { hoursOf } from './hours.ts'
import type { Question } from './usage-source.ts'

/** The tenant that a question is about, and when it is asked. */
export interface Context {
  readonly tenant: TenantId
  readonly calendar: Calendar
  readonly now: Date
  /** Where the previous page ended; `undefined` for the first one. */
  readonly place: Cursor | undefined
}

/** A question, and the parts of it that the answer repeats. */
export interface Asked {
  readonly question: Question
  /** `undefined` if the question is not about days. */
  readonly days: DayRange | undefined
  readonly about: Readonly<Record<string, string>>
  /** The columns that a cursor is made from. */
  readonly key: readonly string[]
}

/** Reads a question from its parameters. @returns `undefined` if there are faults; `parameters` has them */
export type Reader = (parameters: Parameters, context: Context) => Asked | undefined

const BY = ['hour', 'day', 'month', 'user', 'router', 'service'] as const
const STATUSES = ['active', 'ended'] as const
const PERIODS = ['today', 'month', 'all'] as const
const MOST_HOUR_DAYS = 31
const MOST_DAYS = 800

export const usageQuestion: Reader = (parameters, context) => {
  const by = parameters.choice('by', BY) ?? 'day'
  const filters = filtersOf(parameters, context)
  const days = context.place?.days ?? daysAsked(parameters, todayOf(context))
  if (days === undefined) return undefined
  checkLength(parameters, days, by === 'hour' ? MOST_HOUR_DAYS : MOST_DAYS, by)
  const after = lastKeyOf(
    parameters,
    context,
    by === 'hour' ? isInstant : by === 'day' ? isDay : by === 'month' ? isMonth : isAny,
  )
  // Checked first, because hours are computed for each day.
  if (parameters.faults.length > 0) return undefined
  const { timezone } = context.calendar
  const about = { by, ...days, timezone }
  if (by === 'hour') {
    const { startMs, endMs } = boundsOf(context.calendar, days)
    const hours = hoursOf(context.calendar, startMs, endMs)
    const left = after === undefined ? hours : hours.filter(it => it.startMs > Date.parse(after))
    return { question: { kind: 'hours', ...filters, hours: left, endMs }, days, about, key: ['hour'] }
  }
  const question = { kind: 'daily', ...filters, by, ...days, order: 'key', after } as const
  return { question, days, about, key: [by === 'user' ? 'username' : by] }
}

export const topQuestion: Reader = (parameters, context) => {
  const period = parameters.choice('period', PERIODS) ?? 'month'
  const today = todayOf(context)
  const from = { today, month: firstOfMonth(today), all: undefined }[period]
  const { tenant, calendar } = context
  const all = { user: undefined, router: undefined, service: undefined, after: undefined }
  const question = { kind: 'daily', tenant, ...all, by: 'user', from, to: undefined, order: 'most' } as const
  return { question, days: undefined, about: { period, timezone: calendar.timezone }, key: [] }
}

export const sessionsQuestion: Reader = (parameters, context) => {
  const status = parameters.choice('status', STATUSES)
  const filters = filtersOf(parameters, context)
  const days = context.place?.days ?? daysAsked(parameters, todayOf(context))
  if (days === undefined) return undefined
  checkLength(parameters, days, MOST_DAYS, 'session')
  const startTime = lastKeyOf(parameters, context, isInstant)
  const id = context.place?.key[1]
  if (id !== undefined && !isUuid(id)) parameters.fault('cursor', NO_CURSOR)
  if (parameters.faults.length > 0) return undefined
  const { startMs, endMs } = boundsOf(context.calendar, days)
  const after = startTime === undefined || id === undefined ? undefined : { startTime, id }
  const open = { openFrom: new Date(startMs), openBefore: new Date(endMs) }
  const question = { kind: 'sessions', ...filters, status, ...open, order: 'newest', after } as const
  return {
    question,
    days,
    about: { ...days, timezone: context.calendar.timezone },
    key: ['start_time', 'id'],
  }
}

function filtersOf(parameters: Parameters, { tenant }: Context) {
  return {
    tenant,
    user: parameters.text('user'),
    router: parameters.text('router'),
    service: parameters.choice('service', SERVICE_NAMES),
  }
}

export const NO_CURSOR = 'belongs to another question: request the first page again'

/** The key at which the previous page ended, from the first of its columns; `undefined` for the first page. */
export function lastKeyOf(
  parameters: Parameters,
  { place }: Context,
  isKey: (key: string) => boolean,
): string | undefined {
  if (place === undefined) return undefined
  const key = place.key[0]
  return key !== undefined && isKey(key) ? key : parameters.fault('cursor', NO_CURSOR)
}

function isInstant(key: string): boolean {
  return /^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/.test(key) && !Number.isNaN(Date.parse(key))
}

function isMonth(key: string): boolean {
  return isDay(`${key}-01`)
}

function isUuid(key: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(key)
}

function isAny(): boolean {
  return true
}

function todayOf({ calendar, now }: Context): string {
  return calendar.dayAt(now.getTime()).name
}

function boundsOf(calendar: Calendar, { from, to }: DayRange): { startMs: number; endMs: number } {
  const { startMs } = calendar.dayNamed(from)
  const last = calendar.dayNamed(to)
  // A day that the zone skipped ends where the next one begins.
  return { startMs, endMs: last.name === to ? last.endMs : last.startMs }
}
