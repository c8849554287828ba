import { Block } from './block.ts'
import type { Clock } from './clock.ts'

/** Receives the result, and the time that the work took. */
type OnDone<Result> = (result: Result, costMs: number) => void

interface Job {
  /** Works for a block. @returns whether it is done */
  advance(): boolean
}

/** Does long work that nobody waits for, in blocks. Several works take turns. */
export class SlicedWork {
  readonly #clock: Pick<Clock, 'steadyMs'>
  readonly #waiting: Job[] = []

  constructor(clock: Pick<Clock, 'steadyMs'>) {
    this.#clock = clock
  }

  /** Begins at once. What fits into one block is done when this returns. */
  begin<Result>(steps: Generator<void, Result>, done: OnDone<Result>): void {
    let costMs = 0
    const advance = () => {
      const block = new Block(this.#clock)
      for (;;) {
        const step = steps.next()
        if (step.done) done(step.value, costMs + block.tookMs)
        else if (!block.isTooLong) continue
        costMs += block.tookMs
        return step.done === true
      }
    }
    if (advance()) return
    this.#waiting.push({ advance })
    if (this.#waiting.length === 1) this.#goOn()
  }

  #goOn(): void {
    setImmediate(() => {
      const job = this.#waiting.shift()
      if (job && !job.advance()) this.#waiting.push(job)
      if (this.#waiting.length > 0) this.#goOn()
    })
  }
}
