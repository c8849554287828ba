import { FORMULA, PHONE_NUMBER } from '../../runtime/csv.ts'
import { REPLACEMENT, UNPRINTABLE } from '../../runtime/printable.ts'

/** Columns that need no quoting: ids of the config, words of our own, numbers and instants. */
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
 * SQL that makes a line of CSV, as one text, of each row of a query, in its order and byte for byte as `csvOf` writes it.
 * PostgreSQL makes them, because a million rows of fifteen texts each would be gigabytes of garbage in the daemon.
 * @param text of the query; its parameters stay the same
 * @param columns of the query, in this order
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

/** SQL of a cell that may begin like a formula, or may need replacements or quotes. See `csvOf`. */
function guarded(cell: string, maySparePhone: boolean): string {
  const isPlain = `${cell} !~ '[",${UNPRINTABLE}]|${FORMULA}'`
  const isPhone = maySparePhone ? ` or ${cell} ~ '${PHONE_NUMBER}'` : ''
  const shown = `regexp_replace(${cell}, '[${UNPRINTABLE}]', '${REPLACEMENT}', 'g')`
  const unformed = `regexp_replace(${shown}, '${FORMULA}', E'\\\\1''', 'g')`
  const quoted = `'"' || replace(${unformed}, '"', '""') || '"'`
  return `case when ${isPlain}${isPhone} then ${cell} when ${cell} ~ '[",]' then ${quoted} else ${unformed} end`
}
