import type { Config } from './config.ts'
import type { Fault } from './fault.ts'
import type { Environment } from './fields/variables.ts'
import { loadConfig } from './load.ts'
import { sharedAddresses } from './shared-address.ts'

/** A loaded config with its warnings, which are not faults. */
export type LoadedWarned =
  | { readonly kind: 'loaded'; readonly config: Config; readonly shared: readonly Fault[] }
  | { readonly kind: 'faulty'; readonly faults: readonly Fault[] }

/** Like `loadConfig`, plus warnings about routers that share an address. */
export function loadWarned(file: string, env: Environment): LoadedWarned {
  const loaded = loadConfig(file, env)
  return loaded.kind === 'loaded' ? { ...loaded, shared: sharedAddresses(file, loaded.config) } : loaded
}
