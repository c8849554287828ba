import { DatabaseError } from 'pg'
import { expect, test } from 'vitest'
import { pipelined } from '../../../src/store/pg/pipeline.ts'

function failure(code: string): DatabaseError {
  return Object.assign(new DatabaseError(code, 0, 'error'), { code })
}

test('statements that are sent at once are answered in their order', async () => {
  expect(await pipelined([Promise.resolve(1), Promise.resolve('two')])).toEqual([1, 'two'])
})

test('the first failure is thrown, not those that follow from it', async () => {
  const refused = failure('23514')
  const behind = () => Promise.reject(failure('25P02'))
  await expect(pipelined([Promise.resolve(), Promise.reject(refused), behind()])).rejects.toBe(refused)
  await expect(pipelined([pipelined([behind(), behind()]), Promise.reject(refused)])).rejects.toBe(refused)
})

test('a failure is thrown only after all answers have come', async () => {
  let isAnswered = false
  const late = new Promise<void>(resolve => setImmediate(resolve)).then(() => {
    isAnswered = true
  })
  await expect(pipelined([Promise.reject(new Error('gone')), late])).rejects.toThrow('gone')
  expect(isAnswered).toBe(true)
})
