import { LONGEST_PREFIX, writeLength } from '../wire/words.ts'

/** A row without the values of its moving words; valid until the next row is cut. */
export interface Cut {
  /** Its runs, one after the other. */
  readonly bytes: Buffer
  /** The length of each run. */
  readonly lengths: readonly number[]
  /** Which moving words are between the runs, by their index among all moving words. */
  readonly layout: readonly number[]
  /** A hash of `bytes`. */
  readonly hash: number
}

/** Rows are cut in this buffer, because hundreds of thousands come when the daemon starts. */
let scratch = Buffer.allocUnsafeSlow(4_096)
const EMPTY = Buffer.alloc(0)

/**
 * Takes the values of the moving words out of a row.
 * @param keys the first bytes of the moving words, such as `=uptime=`
 * @returns `undefined` if a moving word is missing or comes twice, or if the row is longer than `mostBytes`
 */
export function cutRow(
  words: readonly Buffer[],
  keys: readonly Buffer[],
  mostBytes: number,
): Cut | undefined {
  const lengths: number[] = []
  const layout: number[] = []
  let start = 0
  let end = 0
  for (const word of words) {
    const moving = movingOf(word, keys)
    if (moving < 0) {
      if (end + word.length > mostBytes) return undefined
      makeScratch(end + LONGEST_PREFIX + word.length)
      end = writeLength(scratch, end, word.length)
      end += word.copy(scratch, end)
    } else if (layout.includes(moving)) return undefined
    else {
      layout.push(moving)
      lengths.push(end - start)
      start = end
    }
  }
  if (layout.length < keys.length) return undefined
  lengths.push(end - start)
  const bytes = scratch.subarray(0, end)
  return { bytes, lengths, layout, hash: hashOf(bytes) }
}

/** Returns the index of the moving word that this word is; negative if it is none. */
function movingOf(word: Buffer, keys: readonly Buffer[]): number {
  for (let moving = 0; moving < keys.length; moving++) {
    const key = keys[moving] ?? EMPTY
    let at = 0
    while (at < key.length && word[at] === key[at]) at++
    if (at === key.length) return moving
  }
  return -1
}

function makeScratch(needed: number): void {
  if (needed <= scratch.length) return
  const longer = Buffer.allocUnsafeSlow(2 * needed)
  scratch.copy(longer)
  scratch = longer
}

/** FNV-1a. */
function hashOf(bytes: Buffer): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193)
  return hash
}
