import { type Checked, right, wrong } from '../fields/checked.ts'
import { block, field } from '../fields/field.ts'
import { host } from '../fields/network-address.ts'
import { wholeNumber } from '../fields/scalar.ts'
import { secret } from '../fields/secret-field.ts'
import type { Environment } from '../fields/variables.ts'

export const METRICS_HOST = '127.0.0.1'
/** Characters that an `Authorization: Bearer` header can carry. */
const TOKEN = /^[\x21-\x7e]{16,1024}$/

/** Who may read `/metrics`, and where: on the main port unless it has a port of its own. */
export function metrics(env: Environment) {
  return block({
    host: field(host).optional(),
    port: field(wholeNumber(0, 65_535)).optional(),
    token: secret(env, isToken).optional(),
  })
    .refine(({ port, token }) => port !== undefined || token !== undefined, 'needs a port, a token, or both')
    .refine(({ host, port }) => host === undefined || port !== undefined, {
      path: ['host'],
      message: 'needs a port beside it',
    })
}

/** Whether the metrics have a port of their own. */
export function hasOwnPort(server: {
  readonly host: string
  readonly port: number
  readonly metrics?: { readonly host?: string | undefined; readonly port?: number | undefined } | undefined
}): boolean {
  const { host = METRICS_HOST, port = 0 } = server.metrics ?? {}
  return port === 0 || port !== server.port || host !== server.host
}

function isToken(text: string): Checked<string> {
  return TOKEN.test(text)
    ? right(text)
    : wrong('must be 16 characters or more, without blanks: make one with "openssl rand -base64 32"')
}
