import type { TokenRules } from '../auth/tokens.ts'
import type { Config } from '../config/config.ts'
import { tokenRulesOf } from '../config/revealed.ts'

/** The parts that go by another config without a restart. */
export interface ReloadedParts {
  readonly verifier: { apply(rules: TokenRules): boolean }
  readonly serving: { rulesChanged(): Promise<void>; apply(config: Config): void }
  readonly roster: { apply(config: Config): Promise<readonly string[]> }
  readonly alerting: { apply(config: Config): void }
}

/**
 * Goes by another config from now on.
 * @returns the keys whose change takes a restart
 * @throws what the roster throws; then the routers, tenants and alert rules are those of the config before
 */
export async function reload(config: Config, parts: ReloadedParts): Promise<readonly string[]> {
  const { verifier, serving, roster, alerting } = parts
  // Before what may fail: a token that was revoked must not wait for the database.
  if (verifier.apply(tokenRulesOf(config))) await serving.rulesChanged()
  serving.apply(config)
  const restartNeeded = await roster.apply(config)
  alerting.apply(config)
  return restartNeeded
}
