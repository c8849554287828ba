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

test('all words of a query have to hold', () => {
  expect(isMatch()).toBe(true)
  expect(isMatch('type=pppoe-in', 'running=true')).toBe(true)
  expect(isMatch('type=pppoe-in', 'running=false')).toBe(false)
})

test('a query can ask whether a property exists', () => {
  expect(isMatch('name')).toBe(true)
  expect(isMatch('comment')).toBe(false)
  expect(isMatch('-comment')).toBe(true)
  expect(isMatch('-name')).toBe(false)
})

test('a value may contain an equals sign', () => {
  expect(isMatch('name=a=b')).toBe(true)
  expect(isMatch('=name=a=b')).toBe(true)
})

test('a boolean can be written as true or as yes', () => {
  expect(isMatch('running=true')).toBe(true)
  expect(isMatch('=running=yes')).toBe(true)
  expect(isMatch('running=no')).toBe(false)
})

test('numbers are compared as numbers', () => {
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

test('an index copies a value, and at the end it is the only one that stays', () => {
  expect(isMatch('type=pppoe-in', 'type=l2tp-in', '#1')).toBe(true)
  expect(isMatch('type=pppoe-in', 'type=l2tp-in', '#0')).toBe(false)
  expect(isMatch('type=l2tp-in', '#0!&', '#!')).toBe(true)
})
