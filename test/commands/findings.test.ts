import { describe, expect, it } from 'vitest'
import { tenantId } from '../../src/accounting/ids.ts'
import { findingsOf, findingsOfError } from '../../src/commands/findings.ts'
import { probedJson, probedText } from '../../src/commands/probe-report.ts'
import {
  RouterCertificateRefused,
  type RouterError,
  RouterFatal,
  RouterGarbled,
  RouterLoginRefused,
  RouterTimeout,
  RouterTlsFailed,
  RouterTrap,
  RouterUnreachable,
} from '../../src/routeros/errors.ts'
import type { RouterProbe } from '../../src/routeros/probe-router.ts'
import { routerConfig } from './routers.ts'

const NOW = new Date('2026-11-24T12:00:00Z')

const NOTHING_ODD = { unreadable: [], domains: undefined, missingMenus: [] }

const WELL: RouterProbe = {
  identity: 'hq',
  version: '7.20 (stable)',
  serial: 'HF0000001',
  uptimeSeconds: 3_600,
  latencyMs: 4,
  certificate: undefined,
  isOpen: false,
  rights: { group: 'usage', policies: ['read', 'api'] },
  services: { hotspot: { kind: 'read', sessions: 2, withCounters: 2, ...NOTHING_ODD } },
  isFastTracked: false,
  clockOffsetSeconds: -2,
}

const NOT_PERMITTED = new RouterTrap('/ppp/active/print', ['not enough permissions (9)'], undefined)
const API_SET = '/user/group/set [/user/get usage group] policy=read,api'

function unreachable(code: string): RouterUnreachable {
  return new RouterUnreachable('not reached', { cause: Object.assign(new Error('not reached'), { code }) })
}

describe('a router that cannot be read', () => {
  it.each<[RouterError, string]>([
    [new RouterUnreachable('connection refused'), '/ip/service/enable api'],
    [unreachable('ENOTFOUND'), 'getent hosts 10.1.0.1'],
    [unreachable('EHOSTUNREACH'), 'ip route get 10.1.0.1'],
    [new RouterTimeout('login', 'no login within 10000 ms'), 'host and port'],
    [new RouterTimeout('answer', '/ppp/active/print: no answer within 10000 ms'), 'more than 10s'],
    [new RouterCertificateRefused('unknown-authority', 'self-signed certificate'), 'ca: FILE'],
    [new RouterCertificateRefused('expired', 'certificate has expired'), '/ip/service/set api-ssl'],
    [new RouterCertificateRefused('not-yet-valid', 'certificate is not yet valid'), 'timedatectl'],
    [new RouterCertificateRefused('another-name', 'IP is not in the list'), 'set host'],
    [new RouterCertificateRefused('another-pin', 'its fingerprint is another'), 'pin the new one'],
    [new RouterCertificateRefused('none', 'the TLS handshake failed'), '/ip/service/set api-ssl'],
    [
      new RouterCertificateRefused('weak', 'signed with SHA-1'),
      'subject-alt-name=IP:10.1.0.1 digest-algorithm=sha256',
    ],
    [new RouterTlsFailed('absent', 'this port does not speak TLS'), '8729'],
    [new RouterTlsFailed('outdated', 'its TLS is too old'), '6.49'],
    [new RouterTlsFailed('other', 'the TLS handshake failed'), '/log/print'],
    [new RouterTimeout('handshake', 'no TLS within 10000 ms'), '8729'],
    [new RouterLoginRefused('invalid user name or password (6)'), API_SET],
    [new RouterGarbled('the peer does not speak the API'), 'port'],
    [NOT_PERMITTED, API_SET],
    [new RouterFatal('session terminated'), '/log/print'],
  ])('is reported with advice: %s', (error, advice) => {
    const findings = findingsOfError(routerConfig(), error)
    expect(findings).toEqual([
      { severity: 'fault', what: error.message, advice: expect.stringContaining(advice) },
    ])
  })

  it('is advised to enable the service that it has to offer', () => {
    const router = routerConfig({ tls: { ca: undefined, fingerprint: undefined } })
    const [finding] = findingsOfError(router, new RouterUnreachable('connection refused'))
    expect(finding?.advice).toContain('/ip/service/enable api-ssl')
  })

  it('gets commands that its console accepts, whatever the name of the user', () => {
    const router = routerConfig({ username: 'u"$[/system reset]' })
    const [finding] = findingsOfError(router, NOT_PERMITTED)
    expect(finding?.advice).toContain('/user/get "u\\"\\$[/system reset]" group')
  })
})

describe('a router that can be read', () => {
  const warnings = (more: Partial<RouterProbe>) =>
    findingsOf(routerConfig(), { ...WELL, ...more }, NOW).map(({ severity, what }) => `${severity}: ${what}`)

  it('has no findings if all is well', () => {
    expect(warnings({})).toEqual([])
    expect(warnings({ rights: undefined, clockOffsetSeconds: undefined })).toEqual([])
  })

  it('has warnings for missing counters, and for rights that its user does not need', () => {
    expect(
      warnings({
        services: {
          hotspot: { kind: 'missing' },
          ppp: { kind: 'read', sessions: 9, withCounters: 7, ...NOTHING_ODD },
        },
        rights: { group: 'full', policies: ['read', 'api', 'write', 'policy'] },
      }),
    ).toEqual([
      'warning: 2 of 9 ppp sessions have no counters',
      'warning: its user may do more than read: group full has write, policy',
    ])
  })

  it('has warnings for rows that cannot be read, and for menus that it refuses', () => {
    const unreadable = [
      { rowId: '*1', property: 'uptime', value: `"soon"${'x'.repeat(100)}` },
      { rowId: '*2', property: 'bytes-in', value: undefined },
    ]
    const missingMenus = [{ menu: '/interface/pppoe-server', reason: 'no such command prefix' }]
    expect(
      warnings({
        services: {
          hotspot: { kind: 'read', sessions: 9, withCounters: 7, ...NOTHING_ODD, unreadable },
          ppp: {
            ...{ kind: 'read', sessions: 3, withCounters: 1, ...NOTHING_ODD },
            ...{ unreadable: unreadable.slice(1), missingMenus },
          },
        },
      }),
    ).toEqual([
      `warning: 2 hotspot rows cannot be read, such as *1: its uptime is "\\"soon\\"${'x'.repeat(34)}"`,
      'warning: 1 of 3 ppp sessions have no counters',
      'warning: it refuses /interface/pppoe-server (no such command prefix): sessions that need it cannot be counted',
      'warning: 1 ppp row cannot be read, such as *2: its bytes-in is absent',
    ])
  })

  const domains = { count: 3, example: { part: 'ann@north', ignore: 'ann' }, shared: undefined }
  const withDomains = (shared: string | undefined) => ({
    services: {
      hotspot: {
        kind: 'read',
        sessions: 4,
        withCounters: 4,
        ...NOTHING_ODD,
        domains: { ...domains, shared },
      },
    } as const,
  })

  it.each([
    ['part', 'two subscribers', 'if they are one, set hotspot_domain: ignore'],
    ['ignore', 'one subscriber', 'if they are two, set hotspot_domain: part'],
  ] as const)(
    'has a warning if a name is one subscriber or two, depending on hotspot_domain: %s',
    (hotspotDomain, are, advice) => {
      const router = routerConfig({ hotspotDomain })
      expect(findingsOf(router, { ...WELL, ...withDomains(undefined) }, NOW)).toEqual([])
      const what = `ann is online with more than one domain, or with and without: ${are} with hotspot_domain: ${hotspotDomain}`
      expect(findingsOf(router, { ...WELL, ...withDomains('ann') }, NOW)).toEqual([
        { severity: 'warning', what, advice: `${advice} on the router, its tenant or at the top` },
      ])
    },
  )

  it.each([
    ['part', 'ann@north'],
    ['ignore', 'ann'],
  ] as const)('shows the names under which logins with a domain are counted (%s)', (hotspotDomain, name) => {
    const tenant = {
      ...{ id: tenantId('acme'), name: 'Acme', timezone: 'UTC', tokensNotBefore: undefined },
      ...{ routers: [], alerts: [], webhooks: [], mails: [] },
    }
    const of = { tenant, router: routerConfig({ hotspotDomain }), findings: [] }
    const probe = { ...WELL, ...withDomains(undefined) }
    const line = `domains  3 logins have one: ann@north is counted as ${name} (hotspot_domain: ${hotspotDomain})`
    expect(probedText({ ...of, probe })).toContain(`  ${line}\n`)
    expect(probedText({ ...of, probe: WELL })).not.toContain('domains')
    expect(probedJson({ ...of, probe })).toMatchObject({
      services: { hotspot: { unreadable: 0, with_domain: 3, missing_menus: [] } },
    })
  })

  it('has warnings for FastTrack, a certificate that expires, and a clock that is off', () => {
    const certificate = { subject: 'CN=hq', validTo: new Date('2026-12-01'), fingerprint: '00' }
    expect(warnings({ isFastTracked: true, certificate, clockOffsetSeconds: 7_200 })).toEqual([
      'warning: a fasttrack-connection rule is enabled: its traffic bypasses the hotspot and is not counted',
      'warning: its certificate is valid until 2026-12-01',
      'warning: its clock is 7200 s ahead of ours, or ours is wrong; usage does not depend on it',
    ])
  })

  it('has a fault if there is nothing to count', () => {
    const missing = { kind: 'missing' } as const
    expect(warnings({ services: { hotspot: missing, ppp: missing } })).toEqual([
      'fault: it has no hotspot and no ppp',
    ])
  })

  it('has a fault if one of its services cannot be read', () => {
    expect(warnings({ services: { ppp: { kind: 'failed', error: NOT_PERMITTED } } })).toEqual([
      'fault: /ppp/active/print: not enough permissions (9)',
    ])
  })
})
