import { describe, expect, test } from 'vitest'
import { consoleText } from '../../src/commands/router-console.ts'
import { routerScript } from '../../src/commands/router-script.ts'
import { RouterCertificateRefused, RouterLoginRefused, RouterUnreachable } from '../../src/routeros/errors.ts'
import type { RouterProbe } from '../../src/routeros/probe-router.ts'
import { routerConfig } from './routers.ts'

const NOW = new Date('2026-11-24T12:00:00Z')
const WELL: RouterProbe = {
  ...{ identity: 'hq', version: '7.20', serial: undefined, uptimeSeconds: 1, latencyMs: 1 },
  ...{ certificate: undefined, rights: { group: 'usage', policies: ['read', 'api'] }, isOpen: false },
  ...{ services: {}, isFastTracked: false, clockOffsetSeconds: 0 },
}

function read(more: Partial<RouterProbe>, username = 'usage'): readonly string[] {
  return routerScript({ router: routerConfig({ username }), probe: { ...WELL, ...more } }, '10.0.0.5', NOW)
}

test('a router that lacks nothing gets no line', () => {
  expect(read({})).toEqual([])
  expect(read({ isOpen: undefined, rights: undefined })).toEqual([])
})

test('a user who may log in from anywhere is limited to our address', () => {
  expect(read({ isOpen: true })).toEqual([
    ...['{', ':local daemon "10.0.0.5"', '/user set [/user find name=usage] address=$daemon', '}'],
  ])
})

test('a user with more rights gets a group of its own; an administrator stays as he is', () => {
  const text = read({ rights: { group: 'read', policies: ['read', 'api', 'reboot'] } }).join('\n')
  expect(text).toContain('do={ /user group add name=usage policy=read,api,!local,')
  expect(text).toContain('/user set [/user find name=usage] group=usage')
  expect(text).not.toContain('rest-api')
  const admin = read(
    { isOpen: true, rights: { group: 'full', policies: ['read', 'api', 'write'] } },
    'admin',
  ).join('\n')
  expect(admin).toContain('# Then set username: usage in the config')
  expect(admin).not.toContain('find name=admin')
})

test('a certificate that ends soon is replaced', () => {
  const certificate = { subject: 'CN=hq', validTo: new Date('2026-12-01T00:00:00Z'), fingerprint: 'ab' }
  expect(read({ certificate }).join('\n')).toContain('/certificate sign tikmeter-2026-11-24')
})

describe('a router that cannot be read', () => {
  const lines = (error: RouterUnreachable | RouterCertificateRefused | RouterLoginRefused, tls = false) =>
    routerScript(
      {
        router: routerConfig({
          port: 8729,
          tls: tls ? { ca: undefined, fingerprint: undefined } : undefined,
        }),
        ...{ probe: undefined, error },
      },
      undefined,
      NOW,
    ).join('\n')

  test('gets the user if it refuses the login', () => {
    const text = lines(new RouterLoginRefused('invalid user name or password (6)'))
    expect(text).toContain(':local password "CHANGE\\20ME"'.replace('\\20', ' '))
    expect(text).toContain(':local daemon "CHANGE ME"')
    expect(text).toContain('/user add name=usage group=usage address=$daemon password=$password')
    expect(text).not.toContain('/ip service')
  })

  test('gets the service too if nothing answers, with a certificate for TLS', () => {
    expect(lines(new RouterUnreachable('refused'))).toContain(
      '/ip service set api port=8729 address=$daemon disabled=no',
    )
    const text = lines(new RouterUnreachable('refused'), true)
    expect(text).toContain('/certificate sign tikmeter;')
    expect(text).toContain('/ip service set api-ssl port=8729 address=$daemon disabled=no')
  })

  test('gets a certificate if it has none, and nothing if it has another than the pinned one', () => {
    expect(lines(new RouterCertificateRefused('none', 'x'), true)).toContain('/certificate sign')
    expect(lines(new RouterCertificateRefused('another-pin', 'x'), true)).toBe('')
  })
})

test.each([
  ['usage', 'usage'],
  ['a b', '"a b"'],
  ['a"$b\\?;{', '"a\\22\\24b\\5C\\3F\\3B\\7B"'],
  ['é\n', '"\\C3\\A9\\0A"'],
])('a text %j is pasted as %s', (text, written) => {
  expect(consoleText(text)).toBe(written)
})
