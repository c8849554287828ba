import { keySetUrl } from '../fields/address.ts'
import { publicKey } from '../fields/certificate.ts'
import { type Checked, right, wrong } from '../fields/checked.ts'
import { block, field, list } from '../fields/field.ts'
import { duration } from '../fields/quantity.ts'
import { instant, text } from '../fields/scalar.ts'
import { secret } from '../fields/secret-field.ts'
import { type Environment, secretText } from '../fields/secret-source.ts'

/** Each token may be tried with all of them. */
const MOST_KEYS = 16
const WANTED = `keys such as - { secret: "\${NAME}", issuer: ISSUER }`

/** By what the dashboards' tokens are verified: one key, or several in `keys`. */
export function auth(env: Environment) {
  return block({
    ...authKey(env),
    keys: severalKeys(env).optional(),
    not_before: field(instant).optional(),
  })
}

function severalKeys(env: Environment) {
  return list(block(authKey(env), { elsewhere: { not_before: 'auth' } }), WANTED)
    .refine(keys => keys.length > 0, `must name one: ${WANTED}`)
    .refine(keys => keys.length <= MOST_KEYS, `must be ${MOST_KEYS} at the most`)
}

/** Which of its first three keys there are is looked at elsewhere, where faults between values are found. */
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
  return field(value => {
    const found = secretText(value, env)
    return found.kind === 'right' ? publicKey(found.value) : found
  })
}

/** HS256 is as strong as its secret, and one of fewer bytes than the hash can be found by trying. */
function isLongEnough(text: string): Checked<string> {
  return Buffer.byteLength(text) >= 32
    ? right(text)
    : wrong('must be 32 bytes or more: make one with "openssl rand -base64 48"')
}
