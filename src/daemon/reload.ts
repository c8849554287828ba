import type { TokenRules } from '../auth/tokens.ts'
import type { Config } from '../config/config.ts'
import { tokenRulesOf } from '../config/revealed.ts'
import type { MembershipTerms } from '../roster/membership.ts'
import { membershipTermsOf } from './router-parts.ts'

/** The parts that apply a changed config without a restart. */
export interface ReloadedParts {
  readonly verifier: { apply(rules: TokenRules): boolean }
  readonly serving: { rulesChanged(): Promise<void>; apply(config: Config): void }
  readonly membership: { setTerms(terms: MembershipTerms): void }
  readonly roster: { apply(config: Config): Promise<readonly string[]> }
  readonly alerting: { apply(config: Config): void }
}

/**
 * Applies a changed config.
 * @returns the keys whose change requires a restart
 * @throws the errors of the roster; then the routers, tenants and alert rules stay those of the previous config
 */
export async function reload(config: Config, parts: ReloadedParts): Promise<readonly string[]> {
  const { verifier, serving, membership, roster, alerting } = parts
  // First, because the rest may fail: a revoked token must not wait for the database.
  if (verifier.apply(tokenRulesOf(config))) await serving.rulesChanged()
  serving.apply(config)
  membership.setTerms(membershipTermsOf(config))
  const restartNeeded = await roster.apply(config)
  alerting.apply(config)
  return restartNeeded
}
