import { formatFaults } from '../config/check.ts'
import type { Config } from '../config/config.ts'
import { type Loaded, loadConfig } from '../config/load.ts'

/** The config has faults; the message lists all of them, one per line. */
export class FaultyConfig extends Error {
  override readonly name = 'FaultyConfig'
}

/** @throws FaultyConfig */
export function load(file: string): Config {
  return loaded(loadConfig(file, process.env))
}

/** @throws FaultyConfig */
export function loaded<T>(outcome: Loaded<T>): T {
  if (outcome.kind === 'loaded') return outcome.config
  throw new FaultyConfig(formatFaults(outcome.faults))
}
