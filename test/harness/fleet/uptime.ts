const UNITS = [
  ['w', 604_800],
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const

/** As RouterOS writes it: whole seconds, `1w2d3h4m5s`, without units of zero, `0s` for zero. */
export function formatUptime(elapsedMs: number): string {
  let seconds = Math.floor(elapsedMs / 1000)
  let text = ''
  for (const [unit, size] of UNITS) {
    const count = Math.floor(seconds / size)
    seconds -= count * size
    if (count > 0) text += `${count}${unit}`
  }
  return text === '' ? '0s' : text
}
