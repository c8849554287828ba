const UNIT_SECONDS: Readonly<Record<string, number>> = {
  w: 604_800,
  d: 86_400,
  h: 3_600,
  m: 60,
  s: 1,
  ms: 0.001,
}

/** About 300 years. No duration that a router reports is longer. */
export const MOST_SECONDS = 10_000_000_000

/**
 * Parses a RouterOS time such as `1w2d3h4m5s`, `01:22:53`, `1d02:03:04` or `500ms` to seconds.
 * @returns `undefined` if the text has another format, or the time is longer than `MOST_SECONDS`
 */
export function parseDuration(text: string): number | undefined {
  const match = /^((?:\d{1,9}(?:w|d|h|ms|m|s))*)(?:(\d{1,9}):(\d\d)(?::(\d\d(?:\.\d+)?))?)?$/.exec(text)
  if (!match || text === '') return undefined
  const [, units = '', hours = '0', minutes = '0', seconds = '0'] = match
  let total = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)
  for (const [, count = '0', unit = 's'] of units.matchAll(/(\d+)(ms|[wdhms])/g))
    total += Number(count) * (UNIT_SECONDS[unit] ?? 0)
  return total <= MOST_SECONDS ? total : undefined
}
