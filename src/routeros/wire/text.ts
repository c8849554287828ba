/**
 * Text on the wire is raw bytes: UTF-8 from newer tools, a Windows code page from older WinBox versions. Strict UTF-8
 * is tried first, then windows-1252, in which every byte is a character, so that no byte is lost. The database cannot
 * hold a NUL, so it is replaced by its symbol here, and a name is the same before and after a restart.
 */

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Bytes 80 to 9F of windows-1252; the other bytes are latin-1. The five unassigned bytes are the control characters of
 * the same number, as in the WHATWG's table. We have our own table because several Node releases use latin-1 instead.
 */
const HIGH_CONTROLS =
  '\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f' +
  '\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178'

export type Encoding = 'utf-8' | 'windows-1252'

export function decodeText(bytes: Buffer, start = 0, end = bytes.length): string {
  // Most words are plain ASCII, and the cheap decoding is exact for them.
  if (isPlain(bytes, start, end)) return bytes.toString('latin1', start, end)
  return decodeOdd(bytes, start, end).replaceAll('\0', '\u2400')
}

function decodeOdd(bytes: Buffer, start: number, end: number): string {
  try {
    return utf8.decode(bytes.subarray(start, end))
  } catch {
    return bytes
      .toString('latin1', start, end)
      .replace(/[\u0080-\u009f]/g, char => HIGH_CONTROLS.charAt(char.charCodeAt(0) - 0x80))
  }
}

/** @returns `undefined` if `text` has a character that the encoding lacks */
export function encodeText(text: string, encoding: Encoding): Buffer | undefined {
  if (encoding === 'utf-8') return Buffer.from(text, 'utf8')
  const bytes = Buffer.alloc(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const high = HIGH_CONTROLS.indexOf(text.charAt(i))
    if (high >= 0) bytes[i] = 0x80 + high
    else if (code < 0x80 || (code >= 0xa0 && code <= 0xff)) bytes[i] = code
    else return undefined
  }
  return bytes
}

/** ASCII without a NUL. */
function isPlain(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0
    if (byte === 0 || byte >= 0x80) return false
  }
  return true
}
