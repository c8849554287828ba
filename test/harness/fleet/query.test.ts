import { expect, test } from 'vitest'
import { matches } from './query.ts'

const row: Readonly<Record<string, string>> = {
  type: 'pppoe-in',
  name: 'a=b',
  'rx-byte': '100',
  running: 'true',
}

function isMatch(...queries: string[]): boolean {
  return matches(queries, key => row[key])
}

test('words of a query all have to hold', () => {
  expect(isMatch()).toBe(true)
  expect(isMatch('type=pppoe-in', 'running=true')).toBe(true)
  expect(isMatch('type=pppoe-in', 'running=false')).toBe(false)
})

test('a property is asked for by being there, or not', () => {
  expect(isMatch('name')).toBe(true)
  expect(isMatch('comment')).toBe(false)
  expect(isMatch('-comment')).toBe(true)
  expect(isMatch('-name')).toBe(false)
})

test('a value may hold an equals sign', () => {
  expect(isMatch('name=a=b')).toBe(true)
  expect(isMatch('=name=a=b')).toBe(true)
})

test('a truth is asked for as true or as yes', () => {
  expect(isMatch('running=true')).toBe(true)
  expect(isMatch('=running=yes')).toBe(true)
  expect(isMatch('running=no')).toBe(false)
})

test('numbers compare as numbers', () => {
  expect(isMatch('>rx-byte=20')).toBe(true)
  expect(isMatch('<rx-byte=20')).toBe(false)
  expect(isMatch('<rx-byte=18446744073709551615')).toBe(true)
})

test('operations work on the stack', () => {
  expect(isMatch('type=l2tp-in', 'type=pppoe-in', '#|')).toBe(true)
  expect(isMatch('type=l2tp-in', 'type=pppoe-in', '#&')).toBe(false)
  expect(isMatch('type=l2tp-in', '#!')).toBe(true)
  expect(isMatch('type=l2tp-in', 'type=pppoe-in', 'type=sstp-in', '#||')).toBe(true)
  expect(isMatch('type=l2tp-in', 'type=pppoe-in', '#|!')).toBe(false)
})

test('an index copies a value, and at the end it is all that stays', () => {
  expect(isMatch('type=pppoe-in', 'type=l2tp-in', '#1')).toBe(true)
  expect(isMatch('type=pppoe-in', 'type=l2tp-in', '#0')).toBe(false)
  expect(isMatch('type=l2tp-in', '#0!&', '#!')).toBe(true)
})
