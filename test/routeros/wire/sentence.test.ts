import { expect, test } from 'vitest'
import { parseSentence } from '../../../src/routeros/wire/sentence.ts'

function parsed(...words: readonly string[]) {
  const { reply, tag, row, bare } = parseSentence(words.map(word => Buffer.from(word)))
  return { reply, tag, row: Object.fromEntries(row), bare }
}

test('a row has its properties by name', () => {
  expect(parsed('!re', '.tag=7', '=.id=*A', '=user=ann')).toEqual({
    reply: '!re',
    tag: '7',
    row: { '.id': '*A', user: 'ann' },
    bare: [],
  })
})

test('a value may contain anything, even equals signs and what looks like a tag', () => {
  expect(parsed('!re', '=comment=a=b==', '=name=.tag=9', '=x=!done').row).toEqual({
    comment: 'a=b==',
    name: '.tag=9',
    x: '!done',
  })
})

test('an empty value is not absent', () => {
  expect(parsed('!re', '=encoding=').row).toEqual({ encoding: '' })
})

test('a fatal reason is a bare word', () => {
  expect(parsed('!fatal', 'not logged in')).toMatchObject({ tag: undefined, bare: ['not logged in'] })
})

test('a word that is not a property is not changed', () => {
  expect(parsed('!re', '=', '=name', 'word').bare).toEqual(['=', '=name', 'word'])
  expect(parsed('!re')).toEqual({ reply: '!re', tag: undefined, row: {}, bare: [] })
})

test('a property may have the name of a member of every object', () => {
  const { row } = parseSentence(['!re', '=__proto__=x', '=constructor=y'].map(word => Buffer.from(word)))
  expect([...row]).toEqual([
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ])
})

test('each value has its own encoding', () => {
  const words = [Buffer.from('!re'), Buffer.from('=a=Ágnes'), Buffer.from('=b=\xc1gnes', 'latin1')]
  expect([...parseSentence(words).row.values()]).toEqual(['Ágnes', 'Ágnes'])
})
