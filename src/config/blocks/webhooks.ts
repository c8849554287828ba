import type * as z from 'zod'
import { webhookUrl } from '../fields/address.ts'
import { type Checked, right, wrong } from '../fields/checked.ts'
import { configId } from '../fields/config-id.ts'
import { block, field, list } from '../fields/field.ts'
import { text } from '../fields/scalar.ts'
import { secret } from '../fields/secret-field.ts'
import type { Environment } from '../fields/secret-source.ts'

const ALERTS = 'ids of alerts such as [down]'

/** Where alerts are posted to. */
export function webhook(env: Environment) {
  return block({
    id: field(configId),
    url: secret(env, webhookUrl),
    secret: secret(env, isSigningSecret),
    alerts: list(field(text), ALERTS)
      .refine(ids => ids.length > 0, `must name one: ${ALERTS}; left out: all of them`)
      .optional(),
  })
}

export type Webhook = z.infer<ReturnType<typeof webhook>>

const PREFIX = 'whsec_'
const LEAST_BYTES = 24

/**
 * Standard Webhooks: what is behind `whsec_` is the key in base64, and without it the text is the key. A shorter one
 * could be found by trying, from any message it has signed.
 */
function isSigningSecret(text: string): Checked<string> {
  const isEncoded = text.startsWith(PREFIX)
  const key = isEncoded ? Buffer.from(text.slice(PREFIX.length), 'base64') : Buffer.from(text)
  if (isEncoded && `${PREFIX}${key.toString('base64')}` !== text)
    return wrong(`must have base64 behind ${PREFIX}, with its "=" where it ends in any`)
  return key.length >= LEAST_BYTES
    ? right(text)
    : wrong(`must be ${LEAST_BYTES} bytes or more: make one with "openssl rand -base64 32"`)
}
