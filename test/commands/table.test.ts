import { expect, test } from 'vitest'
import { tableOf } from '../../src/commands/table.ts'

test('cells are aligned, numbers to the right', () => {
  const rows = [
    ['ROUTER', 'LATENCY', 'PPP', 'ERROR'],
    ['acme/hq', '4 ms', '1200', ''],
    ['acme/köln-2', '12 ms', '7', 'connection refused'],
  ]
  expect(tableOf(rows, undefined)).toEqual([
    'ROUTER       LATENCY  PPP   ERROR',
    'acme/hq         4 ms  1200',
    'acme/köln-2    12 ms     7  connection refused',
  ])
})

test('a line that is too long for the terminal is cut', () => {
  expect(tableOf([['acme/hq', 'connection refused']], 14)).toEqual(['acme/hq  conn…'])
})
