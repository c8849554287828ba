// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a reference to the environment is written like that

import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatFaults } from '../../../src/config/check.ts'
import { Secret } from '../../../src/config/fields/secret.ts'
import { secretText } from '../../../src/config/fields/secret-source.ts'
import type { Environment } from '../../../src/config/fields/variables.ts'
import { AUTH, configOf, faultsOf, SECRET, withRouter } from '../config-text.ts'

/** Keys that take no secret, or nothing that looks like one. */
const WRONG_PLACES = [
  'port',
  'tls',
  'services',
  'enabled',
  'timeout',
  'plausible_rate',
  'stalled_after',
  'schedule',
]

let directory: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tikmeter-secret-'))
})

afterAll(() => {
  rmSync(directory, { recursive: true })
})

function fileWith(name: string, content: string): string {
  const file = join(directory, name)
  writeFileSync(file, content)
  return file
}

describe('a secret', () => {
  it('never prints', () => {
    const secret = new Secret('hunter2')
    const printed = [
      String(secret),
      `${secret}`,
      JSON.stringify({ secret }),
      inspect(secret, { showHidden: true, depth: 9 }),
      inspect({ nested: { secret } }),
    ]
    for (const text of printed) {
      expect(text).toContain('[secret]')
      expect(text).not.toContain('hunter2')
    }
    expect(Object.keys(secret)).toEqual([])
    expect(secret.reveal()).toBe('hunter2')
  })

  it('is compared by its value', () => {
    expect(new Secret('a').equals(new Secret('a'))).toBe(true)
    expect(new Secret('a').equals(new Secret('b'))).toBe(false)
  })

  it('does not print with the config that contains it', () => {
    const config = configOf(withRouter(''), { TIKMETER_SECRET: SECRET })
    for (const text of [JSON.stringify(config), inspect(config, { depth: 99, showHidden: true })]) {
      expect(text).not.toContain(SECRET)
    }
  })
})

describe('the text of a secret', () => {
  const env: Environment = { USER_NAME: 'tik', PASSWORD: 'p$1{w}', EMPTY: '' }

  it.each([
    ['plain', 'plain'],
    ['', ''],
    ['${PASSWORD}', 'p$1{w}'],
    ['postgres://${USER_NAME}:${PASSWORD}@db/x', 'postgres://tik:p$1{w}@db/x'],
    ['a$${b}', 'a${b}'],
    ['$5 and $$', '$5 and $$'],
  ])('%j is %j', (written, value) => {
    expect(secretText(written, env)).toEqual({ kind: 'right', value })
  })

  it.each(['${UNSET}', 'x${UNSET}y', '${EMPTY}'])('%j names the variable to set', written => {
    const name = written.includes('EMPTY') ? 'EMPTY' : 'UNSET'
    expect(secretText(written, env)).toEqual({
      kind: 'wrong',
      message: `needs ${name} from the environment, but it is unset or empty there: export it or add it to .env`,
    })
  })

  it.each(['hunter2${', 'hunter2${}', 'hunter2${not a name}', '${PASSWORD'])(
    '%j is refused without being shown',
    written => {
      const found = secretText(written, env)
      expect(found.kind).toBe('wrong')
      expect(JSON.stringify(found)).not.toMatch(/hunter2|not a name/)
    },
  )

  it('may be in a file, without one newline at its end', () => {
    expect(secretText({ file: fileWith('a', 'hunter2\n') }, env)).toEqual({ kind: 'right', value: 'hunter2' })
    expect(secretText({ file: fileWith('b', ' hunter2\n\n') }, env)).toEqual({
      kind: 'right',
      value: ' hunter2\n',
    })
    expect(secretText({ file: fileWith('c', 'hunter2\r\n') }, env)).toEqual({
      kind: 'right',
      value: 'hunter2',
    })
  })

  it('may be a systemd credential, and is a fault without one', () => {
    const file = fileWith('hq-password', 'hunter2\n')
    const given = { CREDENTIALS_DIRECTORY: directory }
    expect(secretText({ credential: 'hq-password' }, given)).toEqual({ kind: 'right', value: 'hunter2' })
    expect(secretText({ credential: 'hq-password' }, {})).toEqual({
      kind: 'wrong',
      message:
        'needs the systemd credential hq-password, which this process does not have: add LoadCredential=hq-password:PATH to the unit',
    })
    for (const name of ['..', `../${file}`, '', 7])
      expect(secretText({ credential: name }, given)).toMatchObject({
        message: 'must be { credential: NAME }, with the name that LoadCredential= gives it',
      })
  })

  it('is not in a file that is empty, a directory or missing', () => {
    const empty = fileWith('empty', '\n')
    const missing = join(directory, 'missing')
    expect(secretText({ file: empty }, env)).toMatchObject({
      message: `is empty: put the secret into ${empty}`,
    })
    expect(secretText({ file: missing }, env)).toMatchObject({
      message: 'cannot be read: there is no such file',
    })
    expect(secretText({ file: directory }, env)).toMatchObject({
      message: `cannot be read: it is a directory: ${directory}`,
    })
  })

  it.each([7, true, ['hunter2'], { file: 7 }, { hunter2: 'x' }, { file: 'x', more: 1 }, null, undefined])(
    'is not %j',
    value => {
      const found = secretText(value, env)
      expect(found.kind).toBe('wrong')
      expect(JSON.stringify(found)).not.toContain('hunter2')
    },
  )
})

describe('a fault', () => {
  it.each([
    ['a number where text is needed', `${AUTH}\ntenants: [{ id: a, routers: [{ password: 1234567 }] }]`],
    ['a list for a password', withRouter('').replace('"x"', '[1234567]')],
    ['an alias that does not exist', `${AUTH}\ntenants: []\npusher: { key: k, secret: *1234567 }`],
    ['a tag', `${AUTH}\ntenants: []\npusher: { key: k, secret: !1234567 x }`],
    ['a character YAML reserves', `${AUTH}\ntenants: []\npusher:\n  secret: "@1234567`],
    ['a second value', `${AUTH}\ntenants: []\npusher:\n  secret: "a" 1234567`],
    ['a block scalar', `${AUTH}\ntenants: []\npusher:\n  secret: |1234567\n`],
    ['a bad escape', `${AUTH}\ntenants: []\npusher:\n  secret: "\\q1234567"\n`],
    ['a directive', '%1234567\n---\ntenants: []'],
    ['a URL in the place of its block', `${AUTH}\ndatabase: postgres://u:1234567@db/x\ntenants: []`],
    ['a database that is not Postgres', `${AUTH}\ndatabase: { url: "mysql://u:1234567@db/x" }\ntenants: []`],
    ['a URL for a host', withRouter('').replace('10.1.0.1', '"http://u:1234567@x"')],
    ['a user before a host', withRouter('').replace('10.1.0.1', '"u:1234567@x"')],
    ['a short secret', 'auth: { secret: "1234567" }\ntenants: []'],
    ['a public key that is not one', 'auth: { public_key: "1234567" }\ntenants: []'],
    ['a misspelled key of a secret', withRouter('passwrod: 1234567')],
    ['a key without the space after its colon', withRouter('password:1234567, enabled: true')],
    ['a secret for a key', `${AUTH}\ntenants: []\nuser-1234567:`],
    ['a key twice', `${AUTH}\ntenants: []\n1234567: a\n1234567: b`],
    ['a number in the place of a port', withRouter('port: 1234567')],
    ['a word too many in a schedule', withRouter('schedule: "* * * * 1234567"')],
    ['a word in a schedule', withRouter('schedule: "1234567 * * * * *"')],
    ['in the place of a file', withRouter('').replace('"x"', '{ file: h-1234567 }')],
    [
      'the content of a file',
      `${AUTH}\ntenants: []\nserver: { tls: { cert: a, key: "-----BEGIN 1234567" } }`,
    ],
    ['in the address of keys', 'auth: { jwks_url: "https://u:1234567@panel.example/jwks" }\ntenants: []'],
    [
      'two tenants with one id',
      `${AUTH}\ntenants: [{ id: h-1234567, routers: [] }, { id: h-1234567, routers: [] }]`,
    ],
  ])('never shows a secret: %s', (_case, text) => {
    const faults = faultsOf(text)
    expect(faults).not.toEqual([])
    expect(formatFaults(faults)).not.toContain('1234567')
  })

  it.each(WRONG_PLACES)('never shows a secret in the place of %s', key => {
    const faults = faultsOf(withRouter(`${key}: h-1234567/#`))
    expect(faults).toHaveLength(1)
    expect(formatFaults(faults)).not.toContain('1234567')
  })
})

describe('auth', () => {
  it('may have the public key of the tokens’ issuer, as text or in a file', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const file = fileWith('issuer.pem', pem)
    const written = [
      `auth: { public_key: { file: ${file} } }`,
      'auth: { public_key: "${PEM}" }',
      `auth:\n  public_key: |\n    ${pem.trimEnd().replaceAll('\n', '\n    ')}`,
    ]
    for (const auth of written) {
      expect(configOf(`${auth}\ntenants: []`, { PEM: pem }).auth).toMatchObject([
        { key: { kind: 'public-key', pem } },
      ])
    }
    const secretPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const faults = faultsOf('auth: { public_key: "${PEM}" }\ntenants: []', { PEM: secretPem })
    expect(faults[0]?.message).toContain('the private key stays with the issuer')
  })

  it('accepts a key set by https, or by http from this machine', () => {
    const url = 'http://localhost:9000/jwks.json'
    expect(configOf(`auth: { jwks_url: "${url}" }\ntenants: []`).auth).toMatchObject([
      { key: { kind: 'jwks', url } },
    ])
    expect(faultsOf('auth: { jwks_url: "http://panel.example/jwks.json" }\ntenants: []')).toHaveLength(1)
    expect(faultsOf('auth: { jwks_url: "panel.example" }\ntenants: []')).toHaveLength(1)
  })

  it('has exactly one of the three, or several keys', () => {
    expect(faultsOf('auth: {}\ntenants: []')[0]?.message).toBe(
      'needs one of secret, jwks_url, public_key, keys',
    )
    const both = faultsOf('auth: { secret: short, jwks_url: "https://a.example/k" }\ntenants: []')
    expect(both.map(({ path }) => path)).toEqual(['auth.secret', 'auth.jwks_url'])
  })
  it('has several keys, each with its requirements for tokens', () => {
    const config = configOf(`auth:
  keys:
    - { secret: "\${TIKMETER_SECRET}" }
    - { jwks_url: "https://a.example/k", issuer: "https://a.example", audience: tikmeter, max_age: 12h }
tenants: []`)
    expect(config.auth).toMatchObject([
      { key: { kind: 'secret' }, issuer: undefined, audience: undefined, maxAgeMs: undefined },
      {
        key: { kind: 'jwks', url: 'https://a.example/k' },
        ...{ issuer: 'https://a.example', audience: 'tikmeter', maxAgeMs: 43_200_000 },
      },
    ])
  })

  it('has the same requirements for a single key', () => {
    const written = 'auth: { secret: "${TIKMETER_SECRET}", issuer: a, audience: b, max_age: 1h }'
    expect(configOf(`${written}\ntenants: []`).auth).toMatchObject([
      { issuer: 'a', audience: 'b', maxAgeMs: 3_600_000 },
    ])
  })

  it.each([
    ['no key', '[]', 'auth.keys must have at least one entry'],
    ['an entry without a key', '[{ issuer: a }]', 'auth.keys[0] needs one of secret, jwks_url, public_key'],
    [
      'an entry with two keys',
      '[{ secret: "${TIKMETER_SECRET}", jwks_url: "https://a.example/k" }]',
      'auth.keys[0].jwks_url cannot be combined with secret',
    ],
    [
      'too many',
      `[${Array(17).fill('{ secret: "${TIKMETER_SECRET}" }').join(', ')}]`,
      'auth.keys must have at most 16 entries',
    ],
  ])('with %s is a fault', (_, keys, said) => {
    const [fault] = faultsOf(`auth: { keys: ${keys} }\ntenants: []`)
    expect(`${fault?.path} ${fault?.message}`).toContain(said)
  })

  it('has no requirements beside several keys: each key has its own', () => {
    const faults = faultsOf(
      'auth: { keys: [{ secret: "${TIKMETER_SECRET}" }], issuer: a, secret: "${TIKMETER_SECRET}" }\ntenants: []',
    )
    expect(faults.map(({ path }) => path).sort()).toEqual(['auth.issuer', 'auth.keys'])
  })

  it('accepts no public key that cannot sign, or that is too short', () => {
    const keys = [generateKeyPairSync('x25519'), generateKeyPairSync('rsa', { modulusLength: 1024 })]
    for (const { publicKey } of keys) {
      const PEM = publicKey.export({ type: 'spki', format: 'pem' }).toString()
      const [fault] = faultsOf('auth: { public_key: "${PEM}" }\ntenants: []', { PEM })
      expect(fault?.message).toContain('RSA key, of 2048 bits or more')
    }
  })

  it.each([
    ['2026-11-30T09:00:00Z', '2026-11-30T09:00:00.000Z'],
    ['"2026-11-30T12:00+03:00"', '2026-11-30T09:00:00.000Z'],
  ])('of a tenant revokes tokens issued before %s', (written, at) => {
    const text = `${AUTH}\ntenants: [{ id: a, auth: { not_before: ${written} }, routers: [] }]`
    expect(configOf(text).tenants[0]?.tokensNotBefore?.toISOString()).toBe(at)
  })

  it.each(['secret: "${TIKMETER_SECRET}"', 'keys: [{ secret: "${TIKMETER_SECRET}" }]'])(
    'of all tenants and admins revokes tokens issued before, beside %s',
    keys => {
      const text = `auth: { ${keys}, not_before: 2026-11-30T09:00:00Z }\ntenants: []`
      expect(configOf(text).tokensNotBefore).toEqual(new Date('2026-11-30T09:00:00Z'))
    },
  )

  it('does not revoke the tokens of one of several keys', () => {
    const text =
      'auth: { keys: [{ secret: "${TIKMETER_SECRET}", not_before: 2026-11-30T09:00:00Z }] }\ntenants: []'
    expect(faultsOf(text).map(({ path, message }) => `${path} ${message}`)).toEqual([
      'auth.keys[0].not_before does not belong here: move it to auth',
    ])
  })

  it.each([
    '2026-11-30',
    '2026-02-30T09:00:00Z',
    '2026-11-30T09:00:00',
    '2026-11-30T25:00:00Z',
    '1764493200',
  ])('of a tenant does not accept %s as an instant', written => {
    const [fault] = faultsOf(`${AUTH}\ntenants: [{ id: a, auth: { not_before: ${written} }, routers: [] }]`)
    expect(`${fault?.path} ${fault?.message}`).toContain('tenants[0].auth.not_before must be an instant')
  })
})
