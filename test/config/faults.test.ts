// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a reference to the environment is written like that

import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatFaults } from '../../src/config/check.ts'
import { loadConfig } from '../../src/config/load.ts'
import { AUTH, faultsOf, routerFaults } from './config-text.ts'

describe('all faults of a file', () => {
  it('are reported at once, each with its line and path, in the order of the lines', () => {
    const text = `database:
  dirctory: data/postgres
poll: { timeout: 5 }
auth:
  secret: \${NOT_SET}
tenants:
  - id: acme
    routers:
      - id: hq
        host: 10.1.0.1
        port: 80x
        username: usage
        password: { file: /nowhere/hq }
  - id: acme
    routers: []
`
    expect(formatFaults(faultsOf(text, {})).split('\n')).toEqual([
      'config.yaml:2:3 database.dirctory: is not a key of this block: did you mean directory?',
      'config.yaml:3:9 poll.timeout: must be a duration such as 500ms, 5s, 2m, 1h or 90d',
      'config.yaml:5:3 auth.secret: needs NOT_SET from the environment, but it is unset or empty there: export it or add it to .env',
      'config.yaml:11:9 tenants[0].routers[0].port: must be a whole number from 1 to 65535',
      'config.yaml:13:9 tenants[0].routers[0].password: cannot be read: there is no such file',
      'config.yaml:14:5 tenants[1].id: must be unique: tenants[0] already has it',
    ])
  })

  it('are found beside a value of the wrong shape', () => {
    const paths = faultsOf(`${AUTH}
server: nonsense
tenants:
  - nonsense
  - { id: acme, routers: nonsense }
  - { id: acme, routers: [{ id: hq }, { id: hq, tls: { ca: /nowhere } }] }
`).map(({ path }) => path)
    expect(paths).toEqual(
      expect.arrayContaining([
        'server',
        'tenants[0]',
        'tenants[1].routers',
        'tenants[2].id',
        'tenants[2].routers[0].host',
        'tenants[2].routers[1].id',
        'tenants[2].routers[1].tls.ca',
      ]),
    )
  })

  it('for a missing key are reported at the block that should have it', () => {
    const faults = faultsOf(`${AUTH}\ntenants:\n  - id: acme\n    routers:\n      - id: hq\n`)
    expect(faults.map(({ line, path }) => [line, path])).toEqual([
      [5, 'tenants[0].routers[0].host'],
      [5, 'tenants[0].routers[0].username'],
      [5, 'tenants[0].routers[0].password'],
    ])
    expect(faultsOf('').map(({ line, path }) => [line, path])).toEqual([
      [1, 'auth'],
      [1, 'tenants'],
    ])
  })

  it('behind an alias are reported at the anchor', () => {
    const text = `${AUTH}\ntenants:\n  - id: a\n    routers: &r\n      - { id: hq }\n  - { id: b, routers: *r }\n`
    expect(faultsOf(text).map(({ line }) => line)).toEqual([5, 5, 5, 5, 5, 5])
  })
})

describe('an unknown key', () => {
  it.each([
    ['prot: 8728', 'did you mean port?'],
    ['hots: x', 'did you mean host?'],
    ['plausibleRate: 1Gbps', 'did you mean plausible_rate?'],
    ['user-name: x', 'did you mean username?'],
    ['colour: x', 'use one of id, name, host'],
    ['constructor: x', 'use one of id, name, host'],
  ])('%s is a fault that suggests what was meant: %s', (key, hint) => {
    expect(routerFaults(key)).toEqual([expect.stringContaining(hint)])
  })

  it('that belongs in another block is reported with that block', () => {
    expect(faultsOf(`${AUTH}\ntimeout: 5s\ntenants: []`)[0]?.message).toBe(
      'does not belong here: move it to poll',
    )
  })

  it('is reported separately from other unknown keys', () => {
    expect(
      faultsOf(`${AUTH}\ntenants: []\n"a.b": 1\nfoo: 2\nbar: 3`).map(({ line, path }) => [line, path]),
    ).toEqual([
      [3, '?'],
      [4, 'foo'],
      [5, 'bar'],
    ])
  })
})

describe('a key without a value', () => {
  it('is a fault, so that TLS is not off by an oversight', () => {
    expect(routerFaults('tls: ')).toEqual([expect.stringContaining('or remove the key')])
  })
})

describe('a text that is not YAML', () => {
  it.each([
    ['tabs', 'tenants:\n\t- id: a', 2, 'use spaces'],
    ['an open bracket', `${AUTH}\ntenants: [`, 2, 'close every { and ['],
    ['a key twice', `${AUTH}\ntenants: []\nbucket: 1m\nbucket: 5m`, 4, 'remove one of them'],
    ['a reference in { } without quotes', 'auth: { secret: ${X} }\ntenants: []', 1, 'inside { } too'],
    ['two documents', `${AUTH}\ntenants: []\n---\na: 1`, 3, 'leave out "---"'],
    ['an unknown alias', `${AUTH}\ntenants: *all`, 2, 'names no anchor'],
  ])('is a fault with its line: %s', (_case, text, line, hint) => {
    expect(faultsOf(text)).toMatchObject([{ line, message: expect.stringContaining(hint) }])
  })

  it('does not hide other faults because of a duplicate key, which has its path', () => {
    const faults = faultsOf(`${AUTH}\ntenants:\n  - { id: a, name: x, name: y, routers: [] }\nbucket: 2m`)
    expect(faults.map(({ path }) => path)).toEqual(['tenants[0].name', 'bucket'])
  })

  it('has no faults for lines that only follow from the first fault', () => {
    const rest = Array.from({ length: 50 }, (_, index) => `key${index}: value`).join('\n')
    expect(faultsOf(`auth: { secret: \${X} }\n${rest}`)).toHaveLength(1)
  })

  it('includes one that expands without bound', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]']
    for (const [from, to] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg', 'gh'].map(pair => pair.split(''))) {
      bomb.push(`${to}: &${to} [${Array.from({ length: 9 }, () => `*${from}`).join(', ')}]`)
    }
    expect(faultsOf(bomb.join('\n'))).toMatchObject([{ message: expect.stringContaining('too often') }])
    expect(faultsOf(`${AUTH}\ntenants: &all [*all]`)).not.toEqual([])
    expect(faultsOf('a: '.concat('['.repeat(50_000)))).toMatchObject([
      { message: expect.stringContaining('deep') },
    ])
  })

  it('does not include a fleet that shares its blocks', () => {
    const routers = Array.from(
      { length: 500 },
      (_, index) => `      - { id: r${index}, host: a, username: b, password: "c", services: *s }`,
    )
    routers.unshift('      - { id: first, host: a, username: b, password: "c", services: &s [ppp] }')
    expect(faultsOf(`${AUTH}\ntenants:\n  - id: acme\n    routers:\n${routers.join('\n')}`)).toEqual([])
  })
})

describe('a replica', () => {
  it('needs a URL like its primary, and a primary with a URL', () => {
    const faultOf = (database: string) => faultsOf(`${AUTH}\n${database}\ntenants: []`)
    expect(faultOf('database: { read_url: "postgres://u@h/d" }')).toMatchObject([
      { path: 'database.read_url', message: expect.stringContaining('a replica of url, which is missing') },
    ])
    expect(faultOf('database: { url: "postgres://u@h/d", read_url: "h" }')).toMatchObject([
      { path: 'database.read_url', message: expect.stringContaining('must be a URL such as postgres://') },
    ])
    expect(faultOf('database: { url: "postgres://u@h/d", read_url: "postgres://u@a,b:5433/d" }')).toEqual([])
    expect(faultOf('database: { schema: own }')).toMatchObject([
      { path: 'database.schema', message: expect.stringContaining('is for url, which is missing') },
    ])
    expect(faultOf('database: { url: "postgres://u@h/d", schema: own_1 }')).toEqual([])
    for (const schema of ['Own', 'pg_own', '"a b"', 'own.', '1', '""', `a${'b'.repeat(63)}`])
      expect(faultOf(`database: { url: "postgres://u@h/d", schema: ${schema} }`)).toMatchObject([
        { path: 'database.schema', message: expect.stringContaining('must be the name of a schema') },
      ])
  })
})

describe('a file', () => {
  it('that does not exist or is too large is a fault', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tikmeter-config-'))
    const large = join(directory, 'large.yaml')
    writeFileSync(large, '')
    truncateSync(large, 17 * 1024 * 1024)
    expect(loadConfig(large, {})).toMatchObject({
      faults: [{ message: expect.stringContaining('is too large') }],
    })
    const missing = loadConfig(join(directory, 'missing.yaml'), {})
    expect(missing).toMatchObject({ faults: [{ message: expect.stringContaining('--config FILE') }] })
    rmSync(directory, { recursive: true })
  })
})
