import type { Config } from '../../src/config/config.ts'
import { type Difference, difference, type ListedConfig, listedIn } from '../../src/config/difference.ts'

/** The difference between two configs, without steps. */
export function differenceOf(before: Config, after: Config): Difference {
  return resultOf(difference(listed(before), listed(after)))
}

function listed(config: Config): ListedConfig {
  return { tenants: config.tenants, listed: resultOf(listedIn(config)) }
}

function resultOf<Result>(steps: Generator<void, Result>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}
