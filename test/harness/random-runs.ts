/** Whether random cases are tried in numbers, as CI does: TIKMETER_THOROUGH=1 npm test. */
const isThorough = process.env['TIKMETER_THOROUGH'] === '1'

/** How many random cases a property is tried with. @param all so many in CI, and a tenth of them while somebody works */
export function runs(all: number): number {
  return isThorough ? all : Math.ceil(all / 10)
}

/** The same of a property that has to meet certain cases: with the few it always does, being given the same ones. */
export function tried(few: number, all: number): { readonly numRuns: number; readonly seed?: number } {
  return isThorough ? { numRuns: all } : { numRuns: few, seed: 1 }
}

/** How many of something are expected of as many cases. */
export function expected(few: number, all: number): number {
  return isThorough ? all : few
}

/** What a busy processor may cost a test that runs beside others. Nothing in CI, which runs it alone as well. */
export function slack(most: number): number {
  return isThorough ? 0 : most
}
