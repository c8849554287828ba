import { certificates } from '../fields/certificate.ts'
import { block, field } from '../fields/field.ts'
import { mailAddress } from '../fields/mail-address.ts'
import { host } from '../fields/network-address.ts'
import { oneOf, text, wholeNumber } from '../fields/scalar.ts'
import { isNotEmpty, secret } from '../fields/secret-field.ts'
import type { Environment } from '../fields/variables.ts'

const TLS = ['starttls', 'implicit', 'none'] as const

/** The mail server of the operator. */
export function smtp(env: Environment) {
  return block({
    host: field(host),
    port: field(wholeNumber(1, 65_535)).default(587),
    tls: field(oneOf(TLS)).optional(),
    ca: field(certificates).optional(),
    user: field(text).optional(),
    password: secret(env, isNotEmpty).optional(),
    from: field(mailAddress),
  })
    .refine(it => (it.user === undefined) === (it.password === undefined), {
      path: ['password'],
      message: 'belongs to user: write both, or neither',
    })
    .refine(it => it.ca === undefined || it.tls !== 'none', {
      path: ['ca'],
      message: 'needs TLS: remove it, or tls: none',
    })
}
