import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FairReading } from '../../../src/routeros/wire/fair-reading.ts'
import { LONGEST_BLOCK_MS } from '../../../src/runtime/block.ts'

let said: string[]
let reading: FairReading

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
  said = []
  reading = new FairReading({ pause: () => said.push('pause'), resume: () => said.push('resume') })
})

afterEach(() => vi.useRealTimers())

function chunk(takesMs: number): void {
  reading.take(() => vi.advanceTimersByTime(takesMs))
}

test('a socket with much work in one turn is read on in the next turn', async () => {
  for (let count = 0; count < 5; count++) chunk(LONGEST_BLOCK_MS / 5)
  expect(said).toEqual(['pause'])
  await nextTurn()
  expect(said).toEqual(['pause', 'resume'])
  chunk(LONGEST_BLOCK_MS)
  chunk(LONGEST_BLOCK_MS)
  expect(said).toEqual(['pause', 'resume', 'pause'])
  await nextTurn()
})

test('a socket with little work in each turn is not delayed', async () => {
  for (let count = 0; count < 5; count++) {
    chunk(LONGEST_BLOCK_MS - 1)
    await nextTurn()
  }
  expect(said).toEqual([])
})
