import type { Config } from './config.ts'
import type { Fault } from './fault.ts'
import type { Environment } from './fields/variables.ts'
import { unmatchedPatterns } from './include/unmatched.ts'
import { type Loaded, loadConfig } from './load.ts'
import { sharedAddresses } from './shared-address.ts'

/** What is no fault of a config, and probably a mistake. */
export interface ConfigWarnings {
  /** Routers that share an address. */
  readonly shared: readonly Fault[]
  /** Patterns of `include` that match no file. */
  readonly unmatched: readonly Fault[]
}

/** A loaded config with its warnings. */
export type LoadedWarned =
  | (Extract<Loaded<Config>, { readonly kind: 'loaded' }> & ConfigWarnings)
  | Extract<Loaded<Config>, { readonly kind: 'faulty' }>

/** Like `loadConfig`, plus warnings. */
export function loadWarned(file: string, env: Environment): LoadedWarned {
  const loaded = loadConfig(file, env)
  return loaded.kind === 'loaded' ? { ...loaded, ...warningsOf(file, loaded.config) } : loaded
}

/** @param file the file from which `config` was loaded */
export function warningsOf(file: string, config: Config): ConfigWarnings {
  return { shared: sharedAddresses(file, config), unmatched: unmatchedPatterns(file, config) }
}
