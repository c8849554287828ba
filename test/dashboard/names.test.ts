import { expect, test } from 'vitest'
import { isAnother, isSendable, tokenOf } from '../../src/dashboard/page-token.ts'
import { visible } from '../../src/dashboard/visible.ts'

test.each([
  'ann',
  'josé@wisp',
  'сергей',
  '<img src=x onerror=alert(1)>',
  '山田',
  'नमस्ते',
  '👩‍👩‍👧',
  'می‌خواهم',
])('%s is shown as it is', name => {
  expect(visible(name)).toBe(name)
})

test.each([
  ['a\u0000b', 'a\\u0000b'],
  ['a\r\nb', 'a\\u000d\\u000ab'],
  ['\u001b[31mred', '\\u001b[31mred'],
  ['\u202egnp.exe', '\\u202egnp.exe'],
  ['\u2066x\u2069', '\\u2066x\\u2069'],
  ['an\u200bn', 'an\\u200bn'],
  ['\ufeffann', '\\ufeffann'],
  ['half \ud83d', 'half \\ud83d'],
])('hidden characters of a name are shown: %j', (name, shown) => {
  expect(visible(name)).toBe(shown)
})

test('a token is read from a fragment that is one, and from no other', () => {
  expect(tokenOf('#token=a.b-c_d')).toBe('a.b-c_d')
  for (const other of ['', '#main', '#token=', '#x&token=a', '#token=a&b=c'])
    expect(tokenOf(other)).toBeUndefined()
})

test('something that cannot be in a header is not a token', () => {
  expect(isSendable('eyJ.a-b_c')).toBe(true)
  for (const text of ['', 'a b', 'a\nb', 'é', 'a\u200bb']) expect(isSendable(text)).toBe(false)
})

test('the token of a link is another one only if somebody is signed in with a different one', () => {
  expect(isAnother('b', 'a')).toBe(true)
  expect(isAnother('a', 'a')).toBe(false)
  expect(isAnother('a', undefined)).toBe(false)
})
