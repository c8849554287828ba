import type { Config } from '../../src/config/config.ts'
import { type Difference, difference, type KeyedConfig, routersIn } from '../../src/config/difference.ts'

/** The difference between two configs, without steps. */
export function differenceOf(before: Config, after: Config): Difference {
  return resultOf(difference(keyed(before), keyed(after)))
}

function keyed(config: Config): KeyedConfig {
  return { tenants: config.tenants, routers: resultOf(routersIn(config)) }
}

function resultOf<Result>(steps: Generator<void, Result>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}
