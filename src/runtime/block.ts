import { setImmediate } from 'node:timers/promises'
import type { Clock } from './clock.ts'

/** After so much work, whatever else waits gets its turn. */
export const LONGEST_BLOCK_MS = 10

/** Work without a pause: whoever does much of it looks now and then whether it is too long, and pauses. */
export class Block {
  readonly #clock: Pick<Clock, 'steadyMs'>
  #beganMs: number
  #pausedMs = 0

  constructor(clock: Pick<Clock, 'steadyMs'>) {
    this.#clock = clock
    this.#beganMs = clock.steadyMs()
  }

  get tookMs(): number {
    return this.#clock.steadyMs() - this.#beganMs
  }

  get isTooLong(): boolean {
    return this.tookMs >= LONGEST_BLOCK_MS
  }

  /** For how long it paused so far, since it was made. */
  get pausedMs(): number {
    return this.#pausedMs
  }

  /** The work begins, or begins once more: nothing was done since. */
  begin(): void {
    this.#beganMs = this.#clock.steadyMs()
  }

  /** Until all others that wait had their turn. */
  async pause(): Promise<void> {
    const fromMs = this.#clock.steadyMs()
    await setImmediate()
    this.begin()
    this.#pausedMs += this.#beganMs - fromMs
  }
}

/** Does `work` with each item, with pauses. @param block what went before in it counts too */
export async function inBlocks<Item>(
  items: Iterable<Item>,
  block: Block,
  work: (item: Item) => void,
): Promise<void> {
  for (const item of items) {
    if (block.isTooLong) await block.pause()
    work(item)
  }
}

/**
 * Does work that may be left at each of its steps: what fits into the block at once, and the rest block by block.
 * @param block what went before in it counts too
 * @returns what comes of it; a promise only where it is more than the block
 */
export function stepInBlocks<Result>(steps: Generator<void, Result>, block: Block): Result | Promise<Result> {
  const step = goOn(steps, block)
  return step.done ? step.value : finish(steps, block)
}

async function finish<Result>(steps: Generator<void, Result>, block: Block): Promise<Result> {
  for (;;) {
    await block.pause()
    const step = goOn(steps, block)
    if (step.done) return step.value
  }
}

/** To its end, or that of the block. */
function goOn<Result>(steps: Generator<void, Result>, block: Block): IteratorResult<void, Result> {
  for (;;) {
    const step = steps.next()
    if (step.done || block.isTooLong) return step
  }
}
