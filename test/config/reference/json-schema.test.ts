import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { DESCRIPTIONS } from '../../../src/config/reference/descriptions.ts'
import { jsonSchemas } from '../../../src/config/reference/json-schema.ts'
import { AUTH, routerFaults, withRouter } from '../config-text.ts'
import { isAccepted, isAcceptedIncluded } from './accepted.ts'

const FILES = { config: 'config/tikmeter.schema.json', included: 'config/tikmeter.included.schema.json' }

// To write them again: npm test -- test/config/reference -u
test.each(['config', 'included'] as const)(
  'the published schema of the %s is that of the code',
  async which => {
    const text = `${JSON.stringify(jsonSchemas()[which], undefined, 2)}\n`
    await expect(text).toMatchFileSnapshot(`../../../${FILES[which]}`)
  },
)

test('the schema accepts the example, which names it', () => {
  const example = readFileSync('config/tikmeter.example.yaml', 'utf8')
  expect(isAccepted(example)).toBe(true)
  expect(example).toMatch(/^# yaml-language-server: \$schema=tikmeter\.schema\.json\n/)
  const files: unknown = JSON.parse(readFileSync('package.json', 'utf8')).files
  expect(files).toContain('config/*.json')
})

test('an included file has tenants only, and perhaps some keys of one', () => {
  const { tenants } = parse(withRouter(''))
  expect(isAcceptedIncluded(JSON.stringify({ tenants }))).toBe(true)
  expect(isAcceptedIncluded('tenants: [{ id: acme, timezone: UTC }]')).toBe(true)
  expect(isAcceptedIncluded(`${AUTH}\ntenants: []`)).toBe(false)
})

test.each([
  'prot: 8728',
  'port: "8728"',
  'port: 0',
  'timeout: 5',
  'timeout: 5 parsecs',
  'plausible_rate: 10GB',
  'schedule: "*/5 * * * *"',
  'services: [pppoe]',
  'enabled: "yes"',
  'tls: { fingerprint: "0ab1" }',
  'tls: { cafile: x }',
  'hotspot_domain: both',
])('a router with %s is rejected, as by the daemon', keys => {
  expect(routerFaults(keys)).not.toEqual([])
  expect(isAccepted(withRouter(keys))).toBe(false)
})

test.each(['pol: {}', 'server: { prot: 1 }', 'bucket: 2m', 'include: x.yaml', 'journal: { max_size: 1 }'])(
  'a config with %s is rejected',
  key => {
    expect(isAccepted(`${AUTH}\ntenants: []\n${key}\n`)).toBe(false)
  },
)

test('every key has a description, and every description a key', () => {
  const used = new Set<string | undefined>()
  const nameless: string[] = []
  const look = (schema: unknown) => {
    if (typeof schema !== 'object' || schema === null) return
    if (
      'properties' in schema &&
      typeof schema.properties === 'object' &&
      !('required' in schema && isSecret(schema))
    )
      for (const [key, value] of Object.entries(schema.properties ?? {})) {
        used.add(value.description)
        if (value.description === undefined) nameless.push(key)
      }
    for (const inner of Object.values(schema)) look(inner)
  }
  look(jsonSchemas().config)
  expect(nameless).toEqual([])
  expect([...DESCRIPTIONS].filter(([, text]) => !used.has(text)).map(([path]) => path)).toEqual([])
})

/** `{ file: … }` and `{ credential: … }` are explained at the top of the example. */
function isSecret(schema: object): boolean {
  return /^\{"type":"object","properties":\{"(?:file|credential)":/.test(JSON.stringify(schema))
}
