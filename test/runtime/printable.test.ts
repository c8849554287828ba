import { expect, test } from 'vitest'
import { printable, printableJson, printableLines } from '../../src/runtime/printable.ts'

/** Each character of the first plane, except surrogates, which are not characters. */
const CHARACTERS = Array.from({ length: 0x1_0000 }, (_, code) => String.fromCharCode(code)).filter(
  it => !/[\ud800-\udfff]/.test(it),
)
const ACTED_ON = CHARACTERS.filter(it => /\p{Cc}|\p{Bidi_Control}|\p{Zl}|\p{Zp}/u.test(it))

test('no control character, line separator or direction mark remains, and letters of all scripts do', () => {
  for (const it of ACTED_ON) expect(printable(`a${it}b`)).toBe('a\ufffdb')
  const letters = CHARACTERS.filter(it => /\p{L}|\p{M}|\p{N}|\p{P}|\p{S}|\p{Zs}/u.test(it)).join('')
  expect(printable(letters)).toBe(letters)
  expect(printable('😀')).toBe('😀')
})

test('in lines only the line feed remains', () => {
  const left = ACTED_ON.filter(it => printableLines(it) === it)
  expect(left).toEqual(['\n'])
})

test('JSON means the same, and keeps only its own line feeds', () => {
  const value = { name: `${ACTED_ON.join('')}é😀` }
  const json = printableJson(JSON.stringify(value, undefined, 2))
  expect(JSON.parse(json)).toEqual(value)
  expect(printableLines(json)).toBe(json)
})
