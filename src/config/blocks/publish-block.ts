import { type Checked, notA, right } from '../fields/checked.ts'
import { configId } from '../fields/config-id.ts'
import { block, field, list } from '../fields/field.ts'
import { host } from '../fields/network-address.ts'
import { boolean, textMatching, wholeNumber } from '../fields/scalar.ts'
import { isNotEmpty, secret } from '../fields/secret-field.ts'
import type { Environment } from '../fields/variables.ts'

const WORD = /^[A-Za-z0-9_-]{1,128}$/

/** Where stats are published, besides the feed. */
export function publish(env: Environment) {
  return block({
    pusher: block({
      host: field(host),
      port: field(wholeNumber(1, 65_535)).optional(),
      tls: field(boolean).default(true),
      app: field(appId),
      key: field(textMatching(value => WORD.test(value), 'a key of letters, digits, "-" and "_", in quotes')),
      secret: secret(env, isNotEmpty),
      tenants: list(field(configId), 'ids of tenants such as [acme]')
        .refine(
          ids => ids.length > 0,
          'must have at least one entry: ids of tenants such as [acme]; leave it out for all tenants',
        )
        .optional(),
    }),
  })
}

/** The id of an app; it often has digits only. */
function appId(value: unknown): Checked<string> {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return right(String(value))
  return typeof value === 'string' && WORD.test(value)
    ? right(value)
    : notA('the id of an app, of letters, digits, "-" and "_"', value)
}
