import { publicKey } from '../fields/certificate.ts'
import { type Checked, right, wrong } from '../fields/checked.ts'
import { block, field, list } from '../fields/field.ts'
import { keySetUrl } from '../fields/network-address.ts'
import { duration } from '../fields/quantity.ts'
import { instant, text } from '../fields/scalar.ts'
import { secret } from '../fields/secret-field.ts'
import { SECRET_FORM, secretText } from '../fields/secret-source.ts'
import type { Environment } from '../fields/variables.ts'
import { written } from '../fields/written.ts'

/** A token may be tried with each of them, so their number is limited. */
const MOST_KEYS = 16
const WANTED = `keys such as - { secret: "\${NAME}", issuer: ISSUER }`

/** What the dashboards' tokens are verified with: one key, or several in `keys`. */
export function auth(env: Environment) {
  return block({
    ...authKey(env),
    keys: severalKeys(env).optional(),
    not_before: field(instant).optional(),
  })
}

function severalKeys(env: Environment) {
  return list(block(authKey(env), { elsewhere: { not_before: 'auth' } }), WANTED)
    .refine(keys => keys.length > 0, `must have at least one entry: ${WANTED}`)
    .refine(keys => keys.length <= MOST_KEYS, `must have at most ${MOST_KEYS} entries`)
}

/** `agreement.ts` checks that exactly one of the first three keys is present. */
function authKey(env: Environment) {
  return {
    secret: secret(env, isLongEnough).optional(),
    jwks_url: field(keySetUrl).optional(),
    public_key: publicKeyField(env).optional(),
    issuer: field(text).optional(),
    audience: field(text).optional(),
    max_age: field(duration).optional(),
  }
}

function publicKeyField(env: Environment) {
  const check = written(SECRET_FORM, (value: unknown) => {
    const found = secretText(value, env)
    return found.kind === 'right' ? publicKey(found.value) : found
  })
  return field(check)
}

/** HS256 is only as strong as its secret, and a secret shorter than the hash can be found by brute force. */
function isLongEnough(text: string): Checked<string> {
  return Buffer.byteLength(text) >= 32
    ? right(text)
    : wrong('must be 32 bytes or more: make one with "openssl rand -base64 48"')
}
