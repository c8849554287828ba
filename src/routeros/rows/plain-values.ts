import { MOST_SECONDS } from '../menus/duration.ts'

const MOST_DIGITS = 15
/** As in `parseDuration`: nine digits. */
const MOST = 999_999_999
const UNIT_SECONDS: Readonly<Record<number, number>> = {
  [charCode('w')]: 604_800,
  [charCode('d')]: 86_400,
  [charCode('h')]: 3_600,
  [charCode('m')]: 60,
  [charCode('s')]: 1,
}

function charCode(char: string): number {
  return char.charCodeAt(0)
}

/**
 * Reads a count of at most 15 digits, which a double holds exactly.
 * @returns a negative number if the bytes are anything else
 */
export function readCount(bytes: Buffer, start: number, end: number): number {
  if (start >= end || end - start > MOST_DIGITS) return -1
  let count = 0
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] ?? 0) - 0x30
    if (digit < 0 || digit > 9) return -1
    count = count * 10 + digit
  }
  return count
}

/**
 * Reads a duration such as `1w2d3h4m5s` in seconds.
 * @returns a negative number if the bytes are anything else
 */
export function readDuration(bytes: Buffer, start: number, end: number): number {
  let seconds = -1
  let number = -1
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0
    const digit = byte - 0x30
    if (digit >= 0 && digit <= 9) {
      number = Math.max(0, number) * 10 + digit
      if (number > MOST) return -1
    } else {
      const unit = UNIT_SECONDS[byte]
      if (number < 0 || unit === undefined) return -1
      seconds = Math.max(0, seconds) + number * unit
      number = -1
    }
  }
  return number < 0 && seconds <= MOST_SECONDS ? seconds : -1
}
