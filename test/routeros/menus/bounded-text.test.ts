import { expect, test } from 'vitest'
import { RouterTrap } from '../../../src/routeros/errors.ts'
import {
  boundedError,
  boundedName,
  boundedValue,
  LONGEST_NAME,
} from '../../../src/routeros/menus/bounded-text.ts'
import { type ParsedRowSink, RowMemory } from '../../../src/routeros/rows/row-memory.ts'
import type { PrintedMenu } from '../../../src/routeros/wire/connection.ts'
import { parseSentence } from '../../../src/routeros/wire/sentence.ts'
import { HotspotMenu } from '../../../src/services/hotspot/hotspot-menu.ts'
import { PppLab } from '../../services/ppp/ppp-lab.ts'
import { allRows } from './all-rows.ts'

const LONG = 'x'.repeat(300)

test('a text that is not longer than its kind allows is not changed', () => {
  expect(boundedName('x'.repeat(LONGEST_NAME))).toBe('x'.repeat(LONGEST_NAME))
  expect(boundedValue('mac-address', '02:00:00:00:00:01')).toBe('02:00:00:00:00:01')
  expect(boundedValue('.id', '*FFFFFFFFFFFFFFFF')).toBe('*FFFFFFFFFFFFFFFF')
  expect(boundedValue('address', 'fe80::1:2:3:4%sfp-sfpplus1')).toBe('fe80::1:2:3:4%sfp-sfpplus1')
})

test.each([
  ['user', 255],
  ['mac-address', 17],
  ['.id', 17],
  ['address', 64],
  ['message', 300],
])('a longer %s has %i characters', (property, length) => {
  expect(boundedValue(property, 'y'.repeat(60_000))).toHaveLength(length)
})

test('two long names that differ in their last character stay two, and each is the same every time', () => {
  expect(boundedName(`${LONG}a`)).not.toBe(boundedName(`${LONG}b`))
  expect(boundedName(`${LONG}a`)).toBe(boundedName(`${LONG}a`))
})

test('a text is never cut within a character', () => {
  // Half a character in UTF-8 is a different character.
  for (const text of [boundedName('😀'.repeat(200)), boundedError(`x${'😀'.repeat(200)}`)])
    expect(Buffer.from(text).toString()).toBe(text)
})

test('a row has its texts shortened, and is found by them', () => {
  const words = ['!re', `=.id=*${'A'.repeat(100)}`, `=user=${LONG}`, '=uptime=1s'].map(it => Buffer.from(it))
  const { row } = parseSentence(words)
  const [id = '', user = ''] = [row.get('.id'), row.get('user')]
  expect([id.length, user.length]).toEqual([17, 255])
  const memory = new RowMemory(['uptime'], 1e9)
  memory.begin()
  memory.add(words, row)
  memory.end()
  expect([memory.find('.id', id), memory.find('user', user)]).toEqual([[0], [0]])
})

test('a hotspot name that is too long only with its domain is shortened too', async () => {
  const rows = new RowMemory(['uptime', 'bytes-in', 'bytes-out'], 1e9)
  const name = [`=user=${'u'.repeat(200)}`, `=domain=${'d'.repeat(200)}`]
  const words = ['!re', '=.id=*1', ...name, '=uptime=1s', '=bytes-in=1', '=bytes-out=1'].map(it =>
    Buffer.from(it),
  )
  const connection = {
    menu: () => ({ command: '', words: [], tag: '1', rows }),
    async print(_: PrintedMenu, into?: ParsedRowSink) {
      rows.begin(into)
      rows.add(words, parseSentence(words).row)
      rows.end()
      return { askedMs: 0, answeredMs: 0 }
    },
  }
  const answer = await new HotspotMenu(connection, 'part').read()
  expect(answer.rows.map(it => it.username.length)).toEqual([255])
})

test('two PPP accounts with long names that differ at the end are joined, each to its interface', async () => {
  const lab = await PppLab.open()
  lab.login(`${LONG}a`, { rx: '1' })
  lab.login(`${LONG}b`, { rx: '2' })
  const rows = allRows(await lab.menu.read())
  expect(rows.map(it => [it.username, it.counters?.upload])).toEqual([
    [boundedName(`${LONG}a`), 1],
    [boundedName(`${LONG}b`), 2],
  ])
})

test('a router error is reported with its first 300 characters', () => {
  const trap = new RouterTrap('/ppp/active/print', ['no', LONG, LONG], undefined)
  expect(trap.reason).toHaveLength(300)
  expect(trap.message).toBe(`/ppp/active/print: ${trap.reason}`)
})
