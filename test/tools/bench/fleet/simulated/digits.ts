const ZERO = 0x30
const BILLION = 1_000_000_000

/** Writes a whole number below 2^53 in decimal. @returns the position after it */
export function writeNumber(out: Uint8Array, at: number, value: number): number {
  if (value < BILLION) return writeSmall(out, at, value, widthOf(value))
  const high = Math.floor(value / BILLION)
  return writeSmall(out, writeNumber(out, at, high), value - high * BILLION, 9)
}

/** @param width number of digits, with leading zeros */
function writeSmall(out: Uint8Array, at: number, value: number, width: number): number {
  let rest = value | 0
  for (let place = at + width - 1; place >= at; place--) {
    const tenth = (rest / 10) | 0
    out[place] = ZERO + rest - tenth * 10
    rest = tenth
  }
  return at + width
}

function widthOf(value: number): number {
  let width = 1
  for (let limit = 10; value >= limit; limit *= 10) width++
  return width
}

const MINUTE = 60
const HOUR = 3_600
const DAY = 86_400
const WEEK = 604_800

/** Writes an uptime as RouterOS does: `1w2d3h4m5s`, without units of 0, `0s` for 0. @returns the position after it */
export function writeUptime(out: Uint8Array, at: number, uptimeSeconds: number): number {
  let end = writeUnit(out, at, Math.floor(uptimeSeconds / WEEK), W)
  end = writeUnit(out, end, Math.floor((uptimeSeconds % WEEK) / DAY), D)
  end = writeUnit(out, end, Math.floor((uptimeSeconds % DAY) / HOUR), H)
  end = writeUnit(out, end, Math.floor((uptimeSeconds % HOUR) / MINUTE), M)
  const seconds = uptimeSeconds % MINUTE
  if (seconds > 0 || end === at) {
    end = writeNumber(out, end, seconds)
    out[end++] = S
  }
  return end
}

const [W, D, H, M, S] = [0x77, 0x64, 0x68, 0x6d, 0x73]

function writeUnit(out: Uint8Array, at: number, count: number, letter: number): number {
  if (count === 0) return at
  const end = writeNumber(out, at, count)
  out[end] = letter
  return end + 1
}
