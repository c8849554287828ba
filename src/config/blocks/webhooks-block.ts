import type * as z from 'zod'
import { type Checked, right, wrong } from '../fields/checked.ts'
import { configId } from '../fields/config-id.ts'
import { block, field, list } from '../fields/field.ts'
import { webhookUrl } from '../fields/network-address.ts'
import { text } from '../fields/scalar.ts'
import { secret } from '../fields/secret-field.ts'
import type { Environment } from '../fields/variables.ts'

const ALERTS = 'ids of alerts such as [down]'

/** An endpoint to which alerts are posted. */
export function webhook(env: Environment) {
  return block({
    id: field(configId),
    url: secret(env, webhookUrl),
    secret: secret(env, isSigningSecret),
    alerts: list(field(text), ALERTS)
      .refine(ids => ids.length > 0, `must have at least one entry: ${ALERTS}; leave it out for all alerts`)
      .optional(),
  })
}

export type Webhook = z.infer<ReturnType<typeof webhook>>

const PREFIX = 'whsec_'
const LEAST_BYTES = 24

/**
 * Standard Webhooks: after `whsec_` the key is base64; without that prefix the text is the key. A shorter key could be
 * found by brute force from any signed message.
 */
function isSigningSecret(text: string): Checked<string> {
  const isEncoded = text.startsWith(PREFIX)
  const key = isEncoded ? Buffer.from(text.slice(PREFIX.length), 'base64') : Buffer.from(text)
  if (isEncoded && `${PREFIX}${key.toString('base64')}` !== text)
    return wrong(`must have base64 after ${PREFIX}, including its "=" padding`)
  return key.length >= LEAST_BYTES
    ? right(text)
    : wrong(`must be ${LEAST_BYTES} bytes or more: make one with "openssl rand -base64 32"`)
}
