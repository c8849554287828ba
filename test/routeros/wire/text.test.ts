import { expect, test } from 'vitest'
import { decodeText, encodeText } from '../../../src/routeros/wire/text.ts'

const UTF8_NAMES = ['ann', 'josé@wisp', 'сергей', 'Ágnes', '李', '😀', '\ufeffbom', '']

for (const name of UTF8_NAMES)
  test(`${JSON.stringify(name)} in UTF-8 is read and written`, () => {
    expect(decodeText(Buffer.from(name))).toBe(name)
    expect(encodeText(name, 'utf-8')).toEqual(Buffer.from(name))
  })

test('a NUL, which the database cannot hold, becomes its symbol', () => {
  for (const name of ['nul\0byte', 'é\0'])
    for (const bytes of [Buffer.from(name), Buffer.from(name, 'latin1')])
      expect(decodeText(bytes)).toBe(name.replace('\0', '\u2400'))
})

test('names that are not UTF-8 are windows-1252', () => {
  expect(decodeText(Buffer.from('jos\xe9@wisp', 'latin1'))).toBe('josé@wisp')
  expect(decodeText(Buffer.from('\xc1gnes', 'latin1'))).toBe('Ágnes')
  expect(decodeText(Buffer.from('5 \x80 \x93now\x94', 'latin1'))).toBe('5 € “now”')
})

test('a UTF-8 name that is cut short is windows-1252, and keeps its bytes', () => {
  const cut = Buffer.from('сергей').subarray(0, 5)
  const text = decodeText(cut)
  expect(encodeText(text, 'windows-1252')).toEqual(cut)
})

test('the five unassigned bytes of windows-1252 are not lost', () => {
  const bytes = Buffer.of(0x81, 0x8d, 0x8f, 0x90, 0x9d)
  expect(decodeText(bytes)).toBe('\u0081\u008d\u008f\u0090\u009d')
  expect(encodeText('\u0081\u008d\u008f\u0090\u009d', 'windows-1252')).toEqual(bytes)
})

test('each byte has its own windows-1252 character', () => {
  // A single byte from 80 on is not UTF-8.
  const characters = Array.from({ length: 255 }, (_, index) => decodeText(Buffer.of(index + 1)))
  expect(new Set(characters).size).toBe(255)
  for (const [index, character] of characters.entries())
    expect(encodeText(character, 'windows-1252')).toEqual(Buffer.of(index + 1))
})

test('any two bytes that are not UTF-8 come back from windows-1252', () => {
  for (let first = 1; first < 256; first++)
    for (let second = 0x80; second < 256; second++) {
      const bytes = Buffer.of(first, second)
      const isUtf8 = Buffer.from(bytes.toString('utf8')).equals(bytes)
      const written = encodeText(decodeText(bytes), isUtf8 ? 'utf-8' : 'windows-1252')
      if (!written?.equals(bytes)) expect(written).toEqual(bytes)
    }
})

test('a character that windows-1252 lacks is not encoded', () => {
  for (const text of ['сергей', '李', '😀', 'Ł', '\u0080', '\ufeff'])
    expect(encodeText(text, 'windows-1252')).toBeUndefined()
})
