import type { Bench } from './figure.ts'

/** In the order in which they run. */
export const BENCHES: readonly Bench[] = []
