import { FORMULA, PHONE_NUMBER } from '../../runtime/csv.ts'
import { REPLACEMENT, UNPRINTABLE } from '../../runtime/printable.ts'

/** What never has anything in it that a cell of CSV may not: ids of the config, words of our own, numbers and instants. */
const PLAIN = new Set([
  ...[
    'tenant',
    'id',
    'router',
    'service',
    'status',
    'day',
    'month',
    'hour',
    'local_hour',
    'start_time',
    'end_time',
  ],
  ...[
    'upload',
    'download',
    'used',
    'threshold',
    'count',
    'quota',
    'rule',
    'kind',
    'scope',
    'period',
    'fired_at',
    'ended_at',
  ],
  ...['last_reading_at', 'session_id'],
])

/**
 * The rows of a query as lines of CSV, one text each, in its order and the same to the byte as `csvOf` writes them. Made
 * by PostgreSQL: a million rows of fifteen texts each would be gigabytes that the daemon makes and throws away.
 * @param text of the query, whose parameters stay as they are
 * @param columns that it has, in this order
 */
export function csvLines(text: string, columns: readonly string[]): string {
  const names = columns.map((_, at) => `c${at}`)
  const cells = columns.map((column, at) => {
    if (PLAIN.has(column)) return `c${at}::text`
    return guarded(`c${at}`, at > 0 || columns.length === 1)
  })
  const line = cells.map(cell => `coalesce(${cell}, '')`).join(" || ',' || ")
  return `select ${line} || E'\\r\\n' from (${text}) as q (${names.join(', ')})`
}

/** A cell that may begin like a formula, or has what is to be replaced or quoted. See `csvOf`. */
function guarded(cell: string, maySparePhone: boolean): string {
  const isPlain = `${cell} !~ '[",${UNPRINTABLE}]|${FORMULA}'`
  const isPhone = maySparePhone ? ` or ${cell} ~ '${PHONE_NUMBER}'` : ''
  const shown = `regexp_replace(${cell}, '[${UNPRINTABLE}]', '${REPLACEMENT}', 'g')`
  const unformed = `regexp_replace(${shown}, '${FORMULA}', E'\\\\1''', 'g')`
  const quoted = `'"' || replace(${unformed}, '"', '""') || '"'`
  return `case when ${isPlain}${isPhone} then ${cell} when ${cell} ~ '[",]' then ${quoted} else ${unformed} end`
}
