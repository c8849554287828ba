import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { configFileOf } from '../../src/commands/arguments.ts'
import { configNames } from '../../src/commands/config-names.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tikmeter-names-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function namesIn(text: string): unknown {
  const file = join(folder, 'tikmeter.yaml')
  writeFileSync(file, text)
  return configNames(file)
}

test('names are read without the secrets, also from an unfinished config', () => {
  const text = `auth: { secret: "\${NOWHERE_SET}" }
pol: 3
tenants:
  - id: acme
    name: Acme WISP
    routers:
      - { id: hq, password: "\${NOWHERE_SET_EITHER}" }
      - { host: 10.1.0.2 }
      - just a text
      - { id: "not an id" }
      - { id: north, name: "North\\tend" }
  - id: new
  - routers: []
  -`
  expect(namesIn(text)).toEqual([
    {
      id: 'acme',
      name: 'Acme WISP',
      routers: [
        { id: 'hq', name: '' },
        { id: 'north', name: 'North\ufffdend' },
      ],
    },
    { id: 'new', name: '', routers: [] },
  ])
})

test.each([
  ['an empty file', ''],
  ['a text', 'tenants'],
  ['tenants that are not a list', 'tenants: { id: acme }'],
  ['no YAML', 'tenants: [ "'],
  ['an alias without its anchor', 'tenants: *all'],
])('%s has no names', (_, text) => {
  expect(namesIn(text)).toEqual([])
})

test('a missing file has no names, nor has a folder', () => {
  expect(configNames(join(folder, 'missing.yaml'))).toEqual([])
  expect(configNames(folder)).toEqual([])
})

test('the config is the one in the line, else the one of the environment, else the default', () => {
  const env = { HOME: '/home/ann', TIKMETER_CONFIG: 'of-env.yaml' }
  expect(configFileOf('typed.yaml', env)).toBe('typed.yaml')
  expect(configFileOf('~/typed.yaml', env)).toBe('/home/ann/typed.yaml')
  expect(configFileOf(undefined, env)).toBe('of-env.yaml')
  expect(configFileOf(undefined, {})).toBe('config/tikmeter.yaml')
})
