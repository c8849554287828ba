import { expect, test } from 'vitest'
import { Progress } from '../../src/runtime/progress.ts'
import { HandClock } from './hand-clock.ts'

function open() {
  const clock = new HandClock('2026-11-24T12:00:00Z')
  const progress = new Progress({ clock, withinMs: 60_000 })
  const begin = () => {
    let end: () => void = () => {}
    let fail: (error: Error) => void = () => {}
    const work = new Promise<void>((resolve, reject) => {
      end = resolve
      fail = reject
    })
    return { done: progress.step(() => work), end, fail }
  }
  return { clock, progress, begin }
}

test('waiting is not being stuck, however long it takes', async () => {
  const { clock, progress } = open()
  await clock.turn(86_400_000)
  expect(progress.isStuck).toBe(false)
})

test('a step that does not end is stuck, until any other one begins or ends', async () => {
  const { clock, progress, begin } = open()
  const first = begin()
  await clock.turn(60_000)
  expect(progress.isStuck).toBe(false)
  await clock.turn(1)
  expect(progress.isStuck).toBe(true)
  const second = begin()
  expect(progress.isStuck).toBe(false)
  await clock.turn(60_001)
  expect(progress.isStuck).toBe(true)
  second.fail(new Error('refused'))
  await expect(second.done).rejects.toThrow('refused')
  expect(progress.isStuck).toBe(false)
  first.end()
  await first.done
  await clock.turn(86_400_000)
  expect(progress.isStuck).toBe(false)
})
