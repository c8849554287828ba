import type { Metrics } from '../runtime/metrics.ts'
import type { ConfigFile, ConfigFileObserver, ReloadOutcome } from './config-file.ts'

const OUTCOMES = ['applied', 'faulty', 'failed'] as const satisfies readonly ReloadOutcome[]

/** Counts reloads of the config. */
export class ConfigFileMetrics implements ConfigFileObserver {
  readonly #reloads

  constructor(metrics: Metrics) {
    this.#reloads = metrics.counter('tikmeter_config_reloads_total', 'Reloads of the config.', 'outcome')
    for (const outcome of OUTCOMES) this.#reloads.inc({ outcome }, 0)
  }

  reloaded(outcome: ReloadOutcome): void {
    this.#reloads.inc({ outcome })
  }
}

/** Measures whether the config in the file is in use. */
export function measureConfigFile(metrics: Metrics, file: Pick<ConfigFile, 'state'>): void {
  metrics.gauge(
    'tikmeter_config_files',
    'Files of the config, with those that it includes.',
    () => file.state.files,
  )
  metrics.gauge(
    'tikmeter_config_last_reload_successful',
    'Whether the config in the file is the running one.',
    () => Number(file.state.isApplied),
  )
  metrics.gauge(
    'tikmeter_config_last_reload_success_timestamp_seconds',
    'When the running config was loaded.',
    () => file.state.appliedAt.getTime() / 1000,
  )
}
