const BYTE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const

/** Steps of 1024, as in the config: `82.41 GB`. */
export function bytesText(bytes: number): string {
  for (let at = 0; ; at++) {
    const value = Number((bytes / 1024 ** at).toFixed(2))
    if (value < 1024 || at === BYTE_UNITS.length - 1) return `${value} ${BYTE_UNITS[at]}`
  }
}

/** Whole percent of a quota, rounded down, so that 100 % means that it is used up. */
export function percentText(used: number, quota: number): string {
  return `${quota > 0 ? Math.floor((100 * used) / quota) : 100} %`
}

const STEPS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const

/** The two largest units: `2 d 3 h`, `1 h 40 min`, `45 s`. */
export function durationText(ms: number): string {
  let left = Math.max(0, Math.round(ms / 1_000))
  // Seconds matter only within the first minutes.
  if (left >= 600) left = Math.round(left / 60) * 60
  const parts = STEPS.map(([unit, seconds]) => {
    const count = Math.floor(left / seconds)
    left -= count * seconds
    return { unit, count }
  })
  const first = parts.findIndex(({ count }) => count > 0)
  const shown = first === -1 ? parts.slice(-1) : parts.slice(first, first + 2)
  return shown
    .filter(({ count }, index) => index === 0 || count > 0)
    .map(({ unit, count }) => `${count} ${unit}`)
    .join(' ')
}

/** An instant in the tenant's zone, to the minute: `2026-11-26 12:50`. @throws RangeError for an unknown zone */
export function localTime(at: Date, timezone: string): string {
  // Sweden writes dates as ISO 8601 does.
  const format = { dateStyle: 'short', timeStyle: 'short', timeZone: timezone } as const
  return new Intl.DateTimeFormat('sv-SE', format).format(at)
}
