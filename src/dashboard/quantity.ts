const BYTE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const
const RATE_UNITS = ['bps', 'kbps', 'Mbps', 'Gbps', 'Tbps'] as const

/** 1024 to the step; from GB on with two decimals, as the feed has them. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, 1024, BYTE_UNITS, at => (at >= 3 ? 2 : at === 2 ? 1 : 0))
}

/** @param bps bits a second; 1000 to the step */
export function formatRate(bps: number): string {
  return scaled(bps, 1000, RATE_UNITS, at => (at >= 3 ? 2 : at === 2 ? 1 : 0))
}

/** As on an axis: `20 GB`, `2.5 GB`. */
export function brief(formatted: string): string {
  return formatted.replace(/(\.\d*?)0+ /, '$1 ').replace('. ', ' ')
}

/** The first unit in which it is, rounded, less than a step. */
function scaled(
  quantity: number,
  step: number,
  units: readonly string[],
  decimalsOf: (at: number) => number,
): string {
  for (let at = 0; ; at++) {
    const value = (quantity / step ** at).toFixed(decimalsOf(at))
    if (Number(value) < step || at === units.length - 1) return `${value} ${units[at]}`
  }
}

/** `1,234` */
export function formatCount(count: number): string {
  return count.toLocaleString('en')
}
