import { expect, test } from 'vitest'
import { Loop } from '../../src/runtime/loop.ts'
import { rethrow } from './rethrow.ts'

test('a loop runs from its start to its stop, which waits for its end', async () => {
  const events: string[] = []
  const loop = new Loop(async signal => {
    events.push('began')
    await new Promise(resolve => signal.addEventListener('abort', resolve))
    events.push('ended')
  }, rethrow)
  expect(events).toEqual([])
  loop.start()
  expect(events).toEqual(['began'])
  await loop.stop()
  expect(events).toEqual(['began', 'ended'])
})

test('a loop that was started twice runs once, and one that was stopped does not begin', async () => {
  let runs = 0
  const run = async () => void runs++
  const loop = new Loop(run, rethrow)
  loop.start()
  loop.start()
  await loop.stop()
  loop.start()
  expect(runs).toBe(1)
  const stopped = new Loop(run, rethrow)
  await stopped.stop()
  stopped.start()
  expect(runs).toBe(1)
})

test('a loop that fails is a bug, and stops like the others', async () => {
  const bugs: unknown[] = []
  const loop = new Loop(
    () => Promise.reject(new TypeError('a bug')),
    error => bugs.push(error),
  )
  loop.start()
  await loop.stop()
  expect(bugs).toEqual([new TypeError('a bug')])
})
