/** Work that can be paused after each step and continued later. */
export type Steps<Result> = Generator<void, Result>

/** Does all of the work without a pause. */
export function inOneGo<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}
