import type { TokenKey } from '../../src/auth/keys.ts'
import type { TokenRules } from '../../src/auth/tokens.ts'
import type { KeyRule } from '../../src/auth/verifying-key.ts'

/** A key without requirements by default. */
export function keyRule(key: TokenKey, terms: Partial<Omit<KeyRule, 'key'>> = {}): KeyRule {
  return { key, issuer: undefined, audience: undefined, maxAgeMs: undefined, ...terms }
}

/** Rules with these keys and no revocations. */
export function onlyKeys(...keys: readonly KeyRule[]): TokenRules {
  return { keys, notBefore: undefined, tenantsNotBefore: new Map() }
}

export function onlySecret(secret: string): TokenRules {
  return onlyKeys(keyRule({ kind: 'secret', secret }))
}
