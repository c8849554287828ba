import type { Config } from '../config/config.ts'
import type { EnvFile } from '../config/env-file.ts'
import { loadApart } from '../config/load-apart.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { ConfigFile } from './config-file.ts'
import { ConfigFileMetrics, measureConfigFile } from './config-file-metrics.ts'

export interface NotedConfigFileOptions {
  readonly configFile: string
  readonly config: Pick<Config, 'include'>
  readonly env: NodeJS.ProcessEnv
  /** Its variables are in `env`. */
  readonly envFile: EnvFile
  /** @returns the keys whose change requires a restart */
  readonly apply: (changed: Config) => Promise<readonly string[]>
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Logger
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

/** Builds the part that watches the config file, and notes the file as it is now. It is not started. */
export async function notedConfigFile(options: NotedConfigFileOptions): Promise<ConfigFile> {
  const { configFile, config, metrics } = options
  const observer = new ConfigFileMetrics(metrics)
  const { include } = config
  const file = new ConfigFile({ ...options, file: configFile, include, load: loadApart, observer })
  measureConfigFile(metrics, file)
  await file.note()
  return file
}
