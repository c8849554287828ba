import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Block, inBlocks, stepInBlocks } from '../../src/runtime/block.ts'
import { SlicedWork } from '../../src/runtime/sliced-work.ts'

/** Time passes only by work: three milliseconds for each item. */
class WorkClock {
  #ms = 0

  steadyMs(): number {
    return this.#ms
  }

  work(): void {
    this.#ms += 3
  }
}

/** The number of items that were done at each turn of other work, until all were done. */
async function turnsUntil(count: () => number, all: number): Promise<readonly number[]> {
  const turns: number[] = []
  while (count() < all && turns.length < 100) {
    turns.push(count())
    await setImmediate()
  }
  return [...turns, count()]
}

test('other work has its turn whenever items took ten milliseconds, and each item is done once', async () => {
  const clock = new WorkClock()
  const done: number[] = []
  const working = inBlocks([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], new Block(clock), item => {
    clock.work()
    done.push(item)
  })
  expect(await turnsUntil(() => done.length, 10)).toEqual([4, 8, 10])
  await working
  expect(done).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
})

test('several works have a block each in turn, and each gets its own cost', async () => {
  const clock = new WorkClock()
  const steps: string[] = []
  const costs: (readonly [name: string, costMs: number])[] = []
  const work = new SlicedWork(clock)
  function* stepsOf(name: string, count: number) {
    for (let step = 0; step < count; step++) {
      clock.work()
      steps.push(name)
      yield
    }
    return name
  }
  work.begin(stepsOf('a', 9), (name, costMs) => costs.push([name, costMs]))
  work.begin(stepsOf('b', 5), (name, costMs) => costs.push([name, costMs]))
  await turnsUntil(() => costs.length, 2)
  expect(steps.join('')).toBe('aaaabbbbaaaaba')
  expect(costs).toEqual([
    ['b', 15],
    ['a', 27],
  ])
})

test('earlier work in a block counts', async () => {
  const clock = new WorkClock()
  const block = new Block(clock)
  let count = 0
  function* steps() {
    for (let step = 0; step < 3; step++) {
      clock.work()
      count++
      yield
    }
    return 'done'
  }
  const work = () => {
    clock.work()
    count++
  }
  const working = Promise.resolve(stepInBlocks(steps(), block)).then(result => {
    expect(result).toBe('done')
    return inBlocks([4, 5, 6], block, work)
  })
  expect(await turnsUntil(() => count, 6)).toEqual([3, 4, 6])
  await working
})

function* stepsBy(clock: WorkClock, count: number): Generator<void, number> {
  for (let step = 0; step < count; step++) {
    clock.work()
    yield
  }
  return count
}

test('work that fits into a block is done at once', () => {
  const clock = new WorkClock()
  expect(stepInBlocks(stepsBy(clock, 3), new Block(clock))).toBe(3)
})

test('what work throws is thrown, at once or later', async () => {
  const clock = new WorkClock()
  function* failing(after: number): Generator<void, never> {
    yield* stepsBy(clock, after)
    throw new Error('broken')
  }
  expect(() => stepInBlocks(failing(1), new Block(clock))).toThrow('broken')
  await expect(stepInBlocks(failing(10), new Block(clock))).rejects.toThrow('broken')
})
