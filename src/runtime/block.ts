import { setImmediate } from 'node:timers/promises'
import type { Clock } from './clock.ts'

/** The longest work without a pause. Then other work gets its turn. */
export const LONGEST_BLOCK_MS = 10

/** A block of work without a pause. Long work checks now and then whether the block is too long, and pauses. */
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

  /** Total time of its pauses so far. */
  get pausedMs(): number {
    return this.#pausedMs
  }

  /** Begins a new block. */
  begin(): void {
    this.#beganMs = this.#clock.steadyMs()
  }

  /** Lets all other waiting work have its turn, and begins a new block. */
  async pause(): Promise<void> {
    const fromMs = this.#clock.steadyMs()
    await setImmediate()
    this.begin()
    this.#pausedMs += this.#beganMs - fromMs
  }
}

/** Does `work` with each item, with pauses. @param block the current block; earlier work in it counts */
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
 * Does work that can be paused after each step: what fits into the block at once, and the rest block by block.
 * @param block the current block; earlier work in it counts
 * @returns the result; a promise only if the work does not fit into the block
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

/** Works to the end of the steps or of the block. */
function goOn<Result>(steps: Generator<void, Result>, block: Block): IteratorResult<void, Result> {
  for (;;) {
    const step = steps.next()
    if (step.done || block.isTooLong) return step
  }
}
