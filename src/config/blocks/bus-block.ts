import { certificateFile } from '../fields/certificate.ts'
import { type Checked, notA, right, wrong } from '../fields/checked.ts'
import { block, field } from '../fields/field.ts'
import { path } from '../fields/readable-file.ts'
import { text } from '../fields/scalar.ts'
import { secret } from '../fields/secret-field.ts'
import type { Environment } from '../fields/variables.ts'
import { written } from '../fields/written.ts'

const WANTED = 'a URL such as nats://10.0.0.5:4222, or a list of them'
const SERVER = /^(?:nats|tls):\/\/(?:[\w.-]+|\[[\da-fA-F:]+\])(?::\d{1,5})?$/

/** The NATS server over which daemons exchange live numbers. */
export function bus(env: Environment) {
  const secretText = secret(env, value => text(value))
  return block({
    url: field(servers),
    user: field(text).optional(),
    password: secretText.optional(),
    token: secretText.optional(),
    creds: secretText.optional(),
    tls: block({
      ca: field(certificateFile).optional(),
      cert: field(certificateFile).optional(),
      key: field(path).optional(),
    }).optional(),
  })
    .refine(it => (it.user === undefined) === (it.password === undefined), {
      path: ['password'],
      message: 'belongs to user: write both, or neither',
    })
    .refine(it => [it.user, it.token, it.creds].filter(way => way !== undefined).length <= 1, {
      message: 'has several ways to log in: keep one of user, token and creds',
    })
    .refine(it => (it.tls?.cert === undefined) === (it.tls?.key === undefined), {
      path: ['tls', 'key'],
      message: 'belongs to cert: write both, or neither',
    })
}

function servers(value: unknown): Checked<readonly string[]> {
  const urls: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (urls.length === 0) return notA(WANTED, undefined)
  for (const url of urls) {
    if (typeof url !== 'string') return notA(WANTED, undefined)
    if (url.includes('@')) return wrong('must not contain the password: write it into user and password')
    if (!SERVER.test(url)) return notA(WANTED, url)
  }
  return right(urls as readonly string[])
}

const oneServer = { type: 'string', pattern: '^(?:nats|tls)://' }
written({ anyOf: [oneServer, { type: 'array', items: oneServer, minItems: 1 }] }, servers)
