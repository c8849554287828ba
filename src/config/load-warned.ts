import type { Config } from './config.ts'
import type { Fault } from './fault.ts'
import type { Environment } from './fields/secret-source.ts'
import { loadConfig } from './load.ts'
import { sharedAddresses } from './shared-address.ts'

/** A config with what is to be warned of in it, though it is no fault. */
export type LoadedWarned =
  | { readonly kind: 'loaded'; readonly config: Config; readonly shared: readonly Fault[] }
  | { readonly kind: 'faulty'; readonly faults: readonly Fault[] }

/** As `loadConfig`, with the routers that have another one's address. */
export function loadWarned(file: string, env: Environment): LoadedWarned {
  const loaded = loadConfig(file, env)
  return loaded.kind === 'loaded' ? { ...loaded, shared: sharedAddresses(file, loaded.config) } : loaded
}
