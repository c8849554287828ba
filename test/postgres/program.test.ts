import { expect, test } from 'vitest'
import { runProgram } from '../../src/postgres/program.ts'

const NOBODY_ELSE = undefined

test('a program tells how it ended and all it said', async () => {
  expect(await runProgram('sh', ['-c', 'echo one; echo two >&2; exit 3'], NOBODY_ELSE)).toEqual({
    exitCode: 3,
    output: expect.stringMatching(/^(one\ntwo|two\none)$/),
  })
})

test('a program that is not there is an outcome too', async () => {
  expect(await runProgram('/no/such/program', [], NOBODY_ELSE)).toMatchObject({ exitCode: null })
})

test('one that is ended early ends with what it started, and one that is to end is not begun', async () => {
  const ending = new AbortController()
  // Its output ends when nobody is left who has it.
  const running = runProgram('sh', ['-c', 'sleep 600 & sleep 600'], NOBODY_ELSE, ending.signal)
  ending.abort()
  expect(await running).toEqual({ exitCode: null, output: '' })
  expect(await runProgram('sh', ['-c', 'exit 0'], NOBODY_ELSE, ending.signal)).toMatchObject({
    exitCode: null,
  })
})
