import type { Parameters } from 'fast-check'
import { runs } from '../random-runs.ts'

const histories = Number(process.env['TIKMETER_HISTORIES'] ?? runs(10_000))
const seed = process.env['TIKMETER_SEED']
const path = process.env['TIKMETER_PATH']

/** Fixed, so that what fails once fails again. */
export const SEEDS: readonly number[] = seed === undefined ? [1, 2, 3, 4] : [Number(seed)]

export const HISTORIES_A_SEED = Math.ceil(histories / SEEDS.length)

/** Postgres is asked for a few hundred times as much as memory is. */
export const DATABASE_HISTORIES = Math.ceil(histories / 125)

/** On a slow machine, with time to shrink one that fails. */
export const MS_A_HISTORY = 100

export function parametersOf<T>(seed: number, numRuns: number): Parameters<T> {
  return { seed, numRuns, ...(path === undefined ? {} : { path }) }
}
