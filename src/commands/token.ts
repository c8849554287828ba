import { tenantId } from '../accounting/ids.ts'
import type { Grant } from '../auth/bearer.ts'
import { signToken } from '../auth/tokens.ts'
import type { Config } from '../config/config.ts'
import { tokenRulesOf } from '../config/revealed.ts'
import type { Clock } from '../runtime/clock.ts'
import { chooseTenant } from './router-choice.ts'
import { WrongUse } from './wrong-use.ts'

export interface TokenCommand {
  readonly config: Pick<Config, 'auth' | 'tokensNotBefore' | 'tenants'>
  /** The tenant of the token, unless it is for an admin. */
  readonly tenant: string | undefined
  readonly isAdmin: boolean
  /** Limited by the key's `max_age`. */
  readonly expiresInMs: number
  readonly clock: Clock
}

/**
 * Signs a token with the first secret of `auth`, including the issuer and audience that this key requires.
 * @throws WrongUse
 */
export async function token({ config, tenant, isAdmin, expiresInMs, clock }: TokenCommand): Promise<string> {
  if ((tenant !== undefined) === isAdmin) throw new WrongUse('give either --tenant ID or --admin')
  const { keys, notBefore } = tokenRulesOf(config)
  if (notBefore !== undefined && clock.now() < notBefore)
    throw new WrongUse('auth.not_before is in the future: until then all tokens are refused')
  for (const { key, issuer, audience, maxAgeMs = Number.POSITIVE_INFINITY } of keys) {
    if (key.kind !== 'secret') continue
    const issuedAt = clock.now()
    const expiresAt = new Date(issuedAt.getTime() + Math.min(expiresInMs, maxAgeMs))
    return signToken(grantOf(config, tenant, issuedAt, expiresAt), key.secret, { issuer, audience, issuedAt })
  }
  throw new WrongUse('auth has no secret: only the issuer whose key is in the config can make tokens')
}

function grantOf(
  config: TokenCommand['config'],
  named: string | undefined,
  issuedAt: Date,
  expiresAt: Date,
): Grant {
  if (named === undefined) return { kind: 'admin', expiresAt }
  const { id, tokensNotBefore: notBefore } = chooseTenant(config, named)
  if (notBefore !== undefined && issuedAt < notBefore)
    throw new WrongUse(`auth.not_before of ${id} is in the future: until then all of its tokens are refused`)
  return { kind: 'tenant', tenant: tenantId(id), expiresAt }
}
