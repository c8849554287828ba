import { printable, REPLACEMENT } from '../../runtime/printable.ts'

/**
 * A part of a sentence. A name was chosen by a router, a subscriber or a tenant, and may be made to look like markup, a
 * link or a mention, so each format shows it as what it is.
 */
export interface Word {
  readonly text: string
  readonly isName: boolean
}

/** A sentence, without line breaks. */
export type Words = readonly Word[]

/** Longer names are cut: a name may have 255 characters, and a message a few hundred. */
const MOST_CHARACTERS = 100

/** Template tag: its own text is ours, its values are names or other words. */
export function words(ours: TemplateStringsArray, ...values: readonly (string | Words)[]): Words {
  const all = ours.flatMap((text, index) => {
    const value = values[index]
    return [...plain(text), ...(typeof value === 'string' ? name(value) : (value ?? []))]
  })
  return joined(all)
}

/** Joins text of ours that is in several parts. */
function joined(all: Words): Words {
  const result: Word[] = []
  for (const word of all) {
    const last = result.at(-1)
    if (last === undefined || last.isName || word.isName) result.push(word)
    else result[result.length - 1] = { text: last.text + word.text, isName: false }
  }
  return result
}

/** Text of ours, such as an amount. */
export function plain(text: string): Words {
  return text === '' ? [] : [{ text, isName: false }]
}

/** Text of others, in one line, without control characters and not longer than `most` characters. */
export function name(text: string, most = MOST_CHARACTERS): Words {
  const line = printable(text.replaceAll(/\p{Surrogate}/gu, REPLACEMENT).replaceAll(/\s+/g, ' ')).trim()
  const characters = Array.from(line)
  const shown = characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : line
  return [{ text: shown === '' ? '(empty)' : shown, isName: true }]
}

export function textOf(sentence: Words): string {
  return sentence.map(({ text }) => text).join('')
}
