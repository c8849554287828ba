import { expect, test } from 'vitest'
import { runProgram } from '../../src/postgres/program.ts'

const NOBODY_ELSE = undefined

test('a program returns its exit code and its whole output', async () => {
  expect(await runProgram('sh', ['-c', 'echo one; echo two >&2; exit 3'], NOBODY_ELSE)).toEqual({
    exitCode: 3,
    output: expect.stringMatching(/^(one\ntwo|two\none)$/),
  })
})

test('a missing program is an outcome too', async () => {
  expect(await runProgram('/no/such/program', [], NOBODY_ELSE)).toMatchObject({ exitCode: null })
})

test('a program that is ended early ends with its children, and does not start after that', async () => {
  const ending = new AbortController()
  // The output ends when no process holds it any longer.
  const running = runProgram('sh', ['-c', 'sleep 600 & sleep 600'], NOBODY_ELSE, ending.signal)
  ending.abort()
  expect(await running).toEqual({ exitCode: null, output: '' })
  expect(await runProgram('sh', ['-c', 'exit 0'], NOBODY_ELSE, ending.signal)).toMatchObject({
    exitCode: null,
  })
})
