import { Block } from './block.ts'
import type { Clock } from './clock.ts'

/** Told what came of it, and how much work it was. */
type Done<Result> = (result: Result, costMs: number) => void

interface Job {
  /** Works for a block. @returns whether it is done */
  advance(): boolean
}

/** Long work in steps that nobody waits for: a block at a time, and where several are under way, each in its turn. */
export class SlicedWork {
  readonly #clock: Pick<Clock, 'steadyMs'>
  readonly #waiting: Job[] = []

  constructor(clock: Pick<Clock, 'steadyMs'>) {
    this.#clock = clock
  }

  /** Begins at once; what fits into one block is done by the time that this returns. */
  begin<Result>(steps: Generator<void, Result>, done: Done<Result>): void {
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
