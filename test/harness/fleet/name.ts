import { type Encoding, encodeText } from '../../../src/routeros/wire/text.ts'

/** A name as typed into some tool: the text, and the bytes that the tool made of it. */
export interface Name {
  readonly text: string
  readonly encoding: Encoding
}

export function utf8(text: string): Name {
  return { text, encoding: 'utf-8' }
}

export function windows1252(text: string): Name {
  return { text, encoding: 'windows-1252' }
}

/**
 * The name's bytes as a raw string, one character per byte. All words inside the fleet are raw strings, so that router
 * and name compare bytes, as RouterOS does.
 * @throws RangeError if the encoding lacks a character
 */
export function rawName(name: Name): string {
  const bytes = encodeText(name.text, name.encoding)
  if (bytes === undefined) throw new RangeError(`${name.encoding} has no ${JSON.stringify(name.text)}`)
  return bytes.toString('latin1')
}

/** UTF-8 text, such as a trap's message, as a raw string. */
export function rawText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}
