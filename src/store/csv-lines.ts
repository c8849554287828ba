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
  const cells = columns.map((column, at) => (PLAIN.has(column) ? `c${at}::text` : guarded(`c${at}`)))
  const line = cells.map(cell => `coalesce(${cell}, '')`).join(" || ',' || ")
  return `select ${line} || E'\\r\\n' from (${text}) as q (${names.join(', ')})`
}

/** A cell that may begin like a formula, or has what is to be quoted. See `csvOf`. */
function guarded(cell: string): string {
  const isOdd = `${cell} ~ E'[",\\r\\n]|^[=+@\\t＝＋－＠-]'`
  const unformed = `case when ${cell} ~ E'^[=+@\\t\\r＝＋－＠-]' then '''' || ${cell} else ${cell} end`
  const quoted = `'"' || replace(${unformed}, '"', '""') || '"'`
  return `case when not ${isOdd} then ${cell} when ${cell} ~ E'[",\\r\\n]' then ${quoted} else ${unformed} end`
}
