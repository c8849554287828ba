import { boundedName, boundedValue } from '../menus/bounded-text.ts'
import { decodeText } from './text.ts'

/**
 * A row's properties by name, each shortened to what `bounded-text` allows. A property without a value is absent; only
 * a few are sent as `name=`, and these are empty.
 */
export type Row = ReadonlyMap<string, string>

/**
 * A reply sentence: its first word, its tag and its `=name=value` words.
 *
 *     !re     a row                                   !done    the command's end, maybe with `ret`
 *     !trap   an error; `!done` still follows          !empty   nothing matched; `!done` still follows
 *     !fatal  a bare reason, no tag; the connection closes
 *
 * Any other `!word` is ignored, because only `!done` ends a command.
 */
export interface Sentence {
  readonly reply: string
  readonly tag: string | undefined
  readonly row: Row
  /** Words that are not properties, such as the reason of `!fatal`. */
  readonly bare: readonly string[]
  /** Its size on the wire in bytes, without the words' lengths. */
  readonly bytes: number
  /** All words as they came, with the first one and the tag. Valid until the function that got the sentence returns. */
  readonly words: readonly Buffer[]
}

const EQUALS = 0x3d
const TAG = '.tag='
const EMPTY = Buffer.alloc(0)

export function parseSentence(words: readonly Buffer[]): Sentence {
  const [first] = words
  const row = new Map<string, string>()
  const bare: string[] = []
  let tag: string | undefined
  let bytes = first?.length ?? 0
  for (let index = 1; index < words.length; index++) {
    const word = words[index] ?? EMPTY
    bytes += word.length
    // A value may hold anything, even `=`; a name may not.
    const split = word[0] === EQUALS ? word.indexOf(EQUALS, 1) : -1
    if (split > 0) {
      const name = boundedName(decodeText(word, 1, split))
      row.set(name, boundedValue(name, decodeText(word, split + 1)))
    } else {
      const text = decodeText(word)
      if (text.startsWith(TAG)) tag = text.slice(TAG.length)
      else bare.push(text)
    }
  }
  return { reply: first ? decodeText(first) : '', tag, row, bare, bytes, words }
}
