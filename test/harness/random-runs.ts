/** Whether to try as many random cases as CI: TIKMETER_THOROUGH=1 npm test. */
const isThorough = process.env['TIKMETER_THOROUGH'] === '1'

/** The number of random cases for a property. @param all the number in CI; a tenth of it otherwise */
export function runs(all: number): number {
  return isThorough ? all : Math.ceil(all / 10)
}

/** The same for a property that must meet certain cases: with few runs it uses a fixed seed that does. */
export function tried(few: number, all: number): { readonly numRuns: number; readonly seed?: number } {
  return isThorough ? { numRuns: all } : { numRuns: few, seed: 1 }
}

/** The cases of a matrix to try: all in CI, and otherwise those that stand for the others. */
export function representing<T>(few: readonly T[], others: readonly T[]): readonly T[] {
  return isThorough ? [...few, ...others] : few
}

/** The number of occurrences to expect in that many cases. */
export function expected(few: number, all: number): number {
  return isThorough ? all : few
}

/** What a busy processor may cost a test that runs beside others. Nothing in CI, which runs it alone as well. */
export function slack(most: number): number {
  return isThorough ? 0 : most
}
