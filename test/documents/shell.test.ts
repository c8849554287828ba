import { expect, test } from 'vitest'
import { commandsIn } from './shell.ts'

test.each([
  ['a b   # c', [['a', 'b']]],
  ['a && b --x=1 | c; d', [['a'], ['b', '--x=1'], ['c'], ['d']]],
  ['A=1 B="x y" a "b c" \'d e\'', [['a', 'b c', 'd e']]],
  ['a > file 2>&1 < other b', [['a', 'b']]],
  ['a \\\n  b\nc', [['a', 'b'], ['c']]],
  [
    'source <(a b)',
    [
      ['a', 'b'],
      ['source', '<(a b)'],
    ],
  ],
  ['a "$(npm root -g)/x"', [['a', '$(npm root -g)/x']]],
  ['A=1', []],
  ['a http://x/#y', [['a', 'http://x/#y']]],
])('%s', (lines, commands) => {
  expect(commandsIn(lines)).toEqual(commands)
})
