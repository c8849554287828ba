import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addressText, sharedAddresses } from '../../src/config/shared-address.ts'
import { AUTH, configOf } from './config-text.ts'

let directory: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tikmeter-shared-'))
})

afterAll(() => {
  rmSync(directory, { recursive: true })
})

/** The places of the warnings for a file with the routers `a`, `b` … of two tenants. */
function sharedIn(acme: readonly string[], hilltop: readonly string[] = []): readonly string[] {
  const routers = (all: readonly string[], first: string) =>
    all.map(
      (keys, i) =>
        `      - { id: ${String.fromCharCode(first.charCodeAt(0) + i)}, username: u, password: p, ${keys} }\n`,
    )
  const text = `${AUTH}
tenants:
  - id: acme
    routers:${acme.length === 0 ? ' []' : ''}
${routers(acme, 'a').join('')}  - id: hilltop
    routers:${hilltop.length === 0 ? ' []' : ''}
${routers(hilltop, 'm').join('')}`
  const file = join(directory, 'tikmeter.yaml')
  writeFileSync(file, text)
  return sharedAddresses(file, configOf(text)).map(
    ({ line, path, message }) => `${line} ${path}: ${message.replace(/;.*/, '')}`,
  )
}

it('a host and port of another router are reported with the place and that router', () => {
  expect(sharedIn(['host: 10.1.0.1', 'host: 10.1.0.2', 'host: 10.1.0.1'])).toEqual([
    '7 tenants[0].routers[2].host: 10.1.0.1:8728 is also acme/a (tenants[0].routers[0])',
  ])
  expect(sharedIn(['host: 10.1.0.1'], ['host: 10.1.0.1', 'host: 10.1.0.1'])).toEqual([
    '8 tenants[1].routers[0].host: 10.1.0.1:8728 is also acme/a (tenants[0].routers[0])',
    '9 tenants[1].routers[1].host: 10.1.0.1:8728 is also acme/a (tenants[0].routers[0])',
  ])
})

it.each([
  ['host: Core.Example.net', 'host: core.example.net.'],
  ['host: "fd00::1"', 'host: "[FD00:0::01]"'],
  ['host: "::ffff:10.1.0.1"', 'host: 10.1.0.1'],
  ['host: "FE80::1%eth0"', 'host: "fe80::1%eth0"'],
  ['host: 10.1.0.1', 'host: 10.1.0.1, port: 8728'],
  ['host: 10.1.0.1, tls: true', 'host: 10.1.0.1, port: 8729'],
])('the same address is found in any spelling: %s and %s', (one, other) => {
  expect(sharedIn([one, other])).toHaveLength(1)
})

it.each([
  ['host: 10.1.0.1', 'host: 10.1.0.1, tls: true'],
  ['host: 10.1.0.1', 'host: 10.1.0.1, port: 18728'],
  ['host: "fe80::1%eth0"', 'host: "fe80::1%eth1"'],
  ['host: 10.1.0.1', 'host: 10.1.0.1, enabled: false'],
  ['host: 10.1.0.1, enabled: false', 'host: 10.1.0.1'],
  ['host: 10.1.0.1, services: [hotspot]', 'host: 10.1.0.1, services: [ppp]'],
])('%s and %s are not counted twice', (one, other) => {
  expect(sharedIn([one, other])).toEqual([])
})

it('of several routers, the first with one of the same services is named', () => {
  const services = ['services: [hotspot]', 'services: [ppp]', 'services: [ppp]']
  expect(sharedIn(services.map(it => `host: 10.1.0.1, ${it}`))).toEqual([
    '7 tenants[0].routers[2].host: 10.1.0.1:8728 is also acme/b (tenants[0].routers[1])',
  ])
})

it('routers of a block that two tenants share are reported where they are written', () => {
  const text = `${AUTH}
tenants:
  - id: acme
    routers: &fleet
      - { id: a, host: 10.1.0.1, username: u, password: p }
  - id: hilltop
    routers: *fleet
`
  const file = join(directory, 'anchored.yaml')
  writeFileSync(file, text)
  expect(sharedAddresses(file, configOf(text))).toMatchObject([
    { line: 5, column: 18, path: 'tenants[1].routers[0].host' },
  ])
})

it('an IPv6 address has brackets, which separate it from its port', () => {
  expect(addressText({ host: 'fd00::1', port: 8728 })).toBe('[fd00::1]:8728')
})
