import { tenantId } from '../accounting/ids.ts'
import type { Config } from '../config/config.ts'
import { type Grant, signToken } from '../feed/authentication.ts'
import type { Clock } from '../runtime/clock.ts'
import { chooseTenant } from './router-choice.ts'
import { WrongUse } from './wrong-use.ts'

export interface TokenCommand {
  readonly config: Pick<Config, 'auth' | 'tenants'>
  /** Whose token it is to be: a tenant's, or an admin's. */
  readonly tenant: string | undefined
  readonly isAdmin: boolean
  readonly expiresInMs: number
  readonly clock: Clock
}

/** @throws WrongUse */
export async function token({ config, tenant, isAdmin, expiresInMs, clock }: TokenCommand): Promise<string> {
  if ((tenant !== undefined) === isAdmin) throw new WrongUse('give either --tenant ID or --admin')
  if (config.auth.kind !== 'secret')
    throw new WrongUse('auth has no secret: tokens are made by the issuer whose key the config names')
  const expiresAt = new Date(clock.now().getTime() + expiresInMs)
  const grant: Grant =
    tenant === undefined
      ? { kind: 'admin', expiresAt }
      : { kind: 'tenant', tenant: tenantId(chooseTenant(config, tenant).id), expiresAt }
  return signToken(grant, config.auth.secret.reveal())
}
