/** Work that may be left for a while at each of its steps, and then goes on where it was. */
export type Steps<Result> = Generator<void, Result>

/** Does all of it without a pause. */
export function inOneGo<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}
