/** The format of `to_char` for an instant as JSON has it: ISO 8601 in UTC, with milliseconds. */
export const ISO_FORMAT = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`

/** SQL of an instant as JSON has it. @param instant SQL of a `timestamptz` */
export function isoOf(instant: string): string {
  return `to_char(${instant} at time zone 'UTC', ${ISO_FORMAT})`
}

/** SQL of an instant from now, by the database's clock, which all daemons share. @param milliseconds SQL of a number */
export function fromNow(milliseconds: string): string {
  return `clock_timestamp() + ${milliseconds}::float8 * interval '1 millisecond'`
}
