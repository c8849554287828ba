import type { Parameters } from 'fast-check'
import { expected } from '../../harness/random-runs.ts'

const histories = Number(process.env['TIKMETER_HISTORIES'] ?? expected(250, 10_000))
const seed = process.env['TIKMETER_SEED']
const path = process.env['TIKMETER_PATH']

/** Fixed seeds, so that what fails once fails again. */
export const SEEDS: readonly number[] = seed === undefined ? [1, 2, 3, 4] : [Number(seed)]

export const HISTORIES_A_SEED = Math.ceil(histories / SEEDS.length)

/** Fewer histories, because Postgres takes a few hundred times as long as memory. */
export const DATABASE_HISTORIES = Math.ceil(histories / expected(31.25, 125))

/** Enough on a slow machine, including the time to shrink a history that fails. */
export const MS_A_HISTORY = 100

export function parametersOf<T>(seed: number, numRuns: number): Parameters<T> {
  return { seed, numRuns, ...(path === undefined ? {} : { path }) }
}
