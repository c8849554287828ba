import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { rootCertificates } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { summary } from '../../src/config/check.ts'
import { loadConfig, parseConfig } from '../../src/config/load.ts'
import {
  AUTH,
  configOf,
  ENV,
  faultsOf,
  routerFaults,
  routerOf,
  WEBHOOK_ENV,
  withRouter,
} from './config-text.ts'

describe('the example', () => {
  const file = 'config/tikmeter.example.yaml'

  it('loads as it is, and shows the defaults', () => {
    const loaded = loadConfig(file, ENV)
    if (loaded.kind === 'faulty') throw new Error(JSON.stringify(loaded.faults))
    expect(summary(loaded.config)).toBe('ok: 1 tenant, 1 router')
    expect({ ...loaded.config, tenants: [] }).toEqual(configOf(`${AUTH}\ntenants: []`))
    expect(loaded.config.tenants[0]?.routers[0]?.password.reveal()).toBe(ENV['ACME_HQ_PASSWORD'])
  })

  it('loads with every key that is commented out', () => {
    const text = readFileSync(file, 'utf8')
      .replace('# url:', 'url:')
      .replace(/^ {2}secret: /m, '  # ')
      .replace(/^ {2}# (keys:| {2}- \{ (?:secret|jwks_url):)/gm, '  $1')
      .replace('# not_before', 'not_before')
      .replace(/^ {2}# (metrics:| {2}port:| {2}token:)/gm, '  $1')
      .replace('# auth: { not_before', 'auth: { not_before')
      .replace(/^# (pusher:| {2}key:| {2}secret:)/gm, '$1')
      .replace('# port:', 'port:')
      .replace('# tls: true', 'tls: true')
      .replace('# - { scope', '- { scope')
      .replace(/^# (?:publish|smtp):(?:.|\n)*?\n\n/gm, block => block.replaceAll(/^# /gm, ''))
      .replace(/^ {4}# (webhooks:| {2}- \{ id: (?:noc|chat|bot))/gm, '    $1')
      .replace(/^ {4}# (mails:| {2}- \{ id: staff)/gm, '    $1')
    const config = configOf(text, {
      ...WEBHOOK_ENV,
      DATABASE_URL: 'postgres://u:p@db/tikmeter',
      PUSHER_SECRET: 'hush',
      REVERB_SECRET: 'hush',
      SMTP_PASSWORD: 'hush',
      SLACK_URL: 'https://hooks.slack.com/services/x',
      BOT_TOKEN: '1:x',
      METRICS_TOKEN: 'of-prometheus-alone',
    })
    expect(config.server.metrics).toMatchObject({ at: { host: '127.0.0.1', port: 9464 } })
    expect(config.database.kind).toBe('url')
    expect(config.pusher?.key).toBe('tikmeter')
    expect(config.auth.map(({ key }) => key.kind)).toEqual(['secret', 'jwks'])
    expect(config.tokensNotBefore).toBeInstanceOf(Date)
    expect(config.tenants[0]?.tokensNotBefore).toBeInstanceOf(Date)
    const { alerts, webhooks, mails } = config.tenants[0] ?? {}
    expect(alerts?.[0]).toMatchObject({ particular: { size: 2 } })
    expect(webhooks).toMatchObject([
      { id: 'noc', format: { kind: 'json' }, rules: new Set(['down']) },
      { id: 'chat', format: { kind: 'slack' }, secret: undefined, rules: { size: 4 } },
      { id: 'bot', format: { kind: 'telegram', chat: '-1001234567890' } },
    ])
    expect(mails).toEqual([{ id: 'staff', to: ['noc@acme.example'], rules: new Set(['down']) }])
    expect(config.smtp).toMatchObject({ port: 587, tls: 'starttls', from: 'tikmeter@isp.example' })
    expect(config.publish).toMatchObject({ port: 443, isTls: true, app: '123456', tenants: undefined })
    expect(config.tenants[0]?.routers[0]).toMatchObject({ port: 8728, tls: { ca: undefined } })
  })
})

describe('defaults', () => {
  it('are those that are documented, with paths in the working directory', () => {
    const config = configOf(`${AUTH}\ntenants: []`)
    expect({ ...config, auth: undefined }).toEqual({
      include: [],
      database: { kind: 'embedded', directory: resolve('data/postgres') },
      daemon: { share: 1 },
      poll: { schedule: '*/5 * * * * *', spread: true, concurrency: 64, listen: true, staleAfterMs: 60_000 },
      commit: { intervalMs: 30_000 },
      lease: { durationMs: 15_000 },
      journal: { directory: resolve('data/journal'), maxBytes: 1024 ** 3 },
      server: {
        ...{ host: '127.0.0.1', port: 8090, origins: [], dashboard: false, tls: undefined },
        trustedProxies: [],
        metrics: { at: undefined, token: undefined },
        limits: {
          ...{ connectionsPerAddress: 1000, connectionsPerTenant: 1000, requestsAtOnce: 60 },
          ...{ requestsPerSecond: 10, streamsPerTenant: 2, streamsInAll: 4, addressRequestsPerSecond: 50 },
        },
      },
      auth: undefined,
      tokensNotBefore: undefined,
      snapshots: { intervalMs: 5000 },
      log: { level: undefined },
      pusher: undefined,
      retention: { deltasMs: 90 * 86_400_000, sessionsMs: 400 * 86_400_000 },
      bucketMs: 900_000,
      tenants: [],
    })
  })

  it('of the address to listen on is TIKMETER_HOST, checked like one of the file', () => {
    const parsed = (text: string, TIKMETER_HOST: string) =>
      parseConfig('t.yaml', `${AUTH}\ntenants: []\n${text}`, {
        TIKMETER_HOST,
        TIKMETER_SECRET: 'x'.repeat(32),
      })
    const host = { config: { server: { host: '0.0.0.0' } } }
    expect(parsed('', '0.0.0.0')).toMatchObject(host)
    expect(parsed('server: { host: 0.0.0.0 }', '10.0.0.1')).toMatchObject(host)
    expect(parsed('', 'http://x')).toMatchObject({ kind: 'faulty', faults: [{ path: 'server.host' }] })
  })

  it('for a tenant are its id as name, and UTC', () => {
    expect(configOf(withRouter('')).tenants[0]).toMatchObject({ id: 'acme', name: 'acme', timezone: 'UTC' })
  })

  it('for a router are the port of the API, both services and the limits of the top', () => {
    const { password, ...router } = routerOf('')
    expect(password.reveal()).toBe('x')
    expect(router).toEqual({
      hotspotDomain: 'part',
      id: 'hq',
      name: undefined,
      host: '10.1.0.1',
      port: 8728,
      tls: undefined,
      username: 'usage',
      services: ['hotspot', 'ppp'],
      enabled: true,
      schedule: '*/5 * * * * *',
      timeoutMs: 10_000,
      plausibleBitsPerSecond: 10_000_000_000,
      stalledAfterMs: 900_000,
      maxSessions: 20_000,
      newSessionsPerHour: 80_000,
    })
  })
})

describe('a setting of a router, its tenant and the top of the file', () => {
  it('is taken from the nearest', () => {
    const config = configOf(`${AUTH}
poll: { schedule: "*/10 * * * * *", timeout: 20s }
plausible_rate: 1Gbps
stalled_after: 1h
max_sessions: 1000
tenants:
  - id: plain
    routers:
      - { id: plain, host: a, username: b, password: "c" }
  - id: own
    schedule: "*/30 * * * * *"
    timeout: 30s
    plausible_rate: 2Gbps
    stalled_after: 2h
    max_sessions: 2000
    routers:
      - { id: plain, host: a, username: b, password: "c" }
      - id: own
        host: a
        username: b
        password: "c"
        schedule: "0 * * * * *"
        timeout: 5s
        plausible_rate: 3Gbps
        stalled_after: 3h
        max_sessions: 3000
`)
    const settled = config.tenants
      .flatMap(tenant => tenant.routers)
      .map(r => [r.schedule, r.timeoutMs, r.plausibleBitsPerSecond, r.stalledAfterMs, r.maxSessions])
    expect(settled).toEqual([
      ['*/10 * * * * *', 20_000, 1e9, 3_600_000, 1_000],
      ['*/30 * * * * *', 30_000, 2e9, 7_200_000, 2_000],
      ['0 * * * * *', 5000, 3e9, 10_800_000, 3_000],
    ])
  })
})

describe('a router', () => {
  it.each([
    ['10.1.0.1', '10.1.0.1'],
    ['router-1.wisp.example', 'router-1.wisp.example'],
    ['"fd00::1"', 'fd00::1'],
    ['"[fd00::1]"', 'fd00::1'],
    ['"fe80::1%eth0"', 'fe80::1%eth0'],
  ])('has the host %s', (written, host) => {
    const text = withRouter('').replace('10.1.0.1', written)
    expect(configOf(text).tenants[0]?.routers[0]?.host).toBe(host)
  })

  it.each(['""', '"10.1.0.1:8728"', '"http://10.1.0.1"', '"a b"', '[fd00]', '"[10.1.0.1]"', '"[fd00::1"'])(
    'has no host %s',
    written => {
      expect(faultsOf(withRouter('').replace('10.1.0.1', written))).toHaveLength(1)
    },
  )

  it.each([0, 65_536, 80.5, '"8728"', '80x', '[1]'])('has no port %s', port => {
    expect(routerFaults(`port: ${port}`)).toEqual([expect.stringContaining('a whole number from 1 to 65535')])
  })

  it('with TLS uses the TLS port, and trusts the system’s CAs, its own CA or one certificate', () => {
    const hex = '0AB1'.repeat(16)
    const colons = hex.match(/../g)?.join(':')
    expect(routerOf('tls: true')).toMatchObject({
      port: 8729,
      tls: { ca: undefined, fingerprint: undefined },
    })
    expect(routerOf('tls: true, port: 443').port).toBe(443)
    expect(routerOf('tls: false')).toMatchObject({ port: 8728, tls: undefined })
    for (const written of [hex, colons]) {
      expect(routerOf(`tls: { fingerprint: "${written}" }`).tls?.fingerprint).toBe(hex.toLowerCase())
    }
    expect(routerFaults('tls: { fingerprint: "0ab1" }')).toHaveLength(1)
  })

  it('has its CA in the config, read when it was loaded', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tikmeter-ca-'))
    const ca = join(directory, 'ca.pem')
    const key = join(directory, 'key.pem')
    writeFileSync(ca, rootCertificates.slice(0, 2).join('\n'))
    writeFileSync(key, '-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----\n')
    expect(routerOf(`tls: { ca: ${ca} }`).tls?.ca).toBe(readFileSync(ca, 'utf8'))
    expect(routerFaults(`tls: { ca: ${key} }`)).toEqual([expect.stringContaining('BEGIN CERTIFICATE')])
    rmSync(directory, { recursive: true })
  })

  it('is read for the services that it names, at least one', () => {
    expect(routerOf('services: [ppp]').services).toEqual(['ppp'])
    expect(routerFaults('services: []')).toHaveLength(1)
    expect(routerFaults('services: [pppoe]')).toEqual([expect.stringContaining('one of hotspot, ppp')])
  })
})

describe('a schedule', () => {
  it.each(['*/5 * * * * *', '0 0 3 * * 1-5', '0,30 * * * * *'])('may be %s', cron => {
    expect(routerOf(`schedule: "${cron}"`).schedule).toBe(cron)
  })

  it('has seconds', () => {
    expect(routerFaults('schedule: "*/5 * * * *"')).toEqual([
      expect.stringContaining('put "0 ", the seconds, before them'),
    ])
  })

  it.each(['61 * * * * *', '@daily', 'often', '', '* * * * * * *'])('is not %j', cron => {
    expect(routerFaults(`schedule: "${cron}"`)).toEqual([expect.stringContaining('six fields')])
  })
})

describe('a timezone', () => {
  it.each([
    ['Africa/Nairobi', undefined],
    ['Africa/Nairobbi', 'did you mean Africa/Nairobi'],
    ['"+03:00"', 'an IANA timezone'],
    ['Middle/Earth', 'an IANA timezone'],
  ])('%s: %s', (timezone, hint) => {
    const [fault] = faultsOf(`${AUTH}\ntenants: [{ id: a, timezone: ${timezone}, routers: [] }]`)
    if (hint === undefined) expect(fault).toBeUndefined()
    else expect(fault?.message).toContain(hint)
  })
})

describe('a proxy', () => {
  it.each(['127.0.0.1', '"::1"', '10.0.0.0/8', '"fd00::/8"', '0.0.0.0/0'])(
    'that is trusted may be %s',
    proxy => {
      const { trustedProxies } = configOf(withRouter('', `server: { trusted_proxies: [${proxy}] }`)).server
      expect(trustedProxies).toEqual([proxy.replaceAll('"', '')])
    },
  )

  it.each(['nginx.example', '10.0.0.0/33', '"fd00::/129"', '10.0.0.0/', '10.0.0/8', '"fe80::1%eth0"', '7'])(
    'that is trusted is not %s',
    proxy => {
      const [fault] = faultsOf(withRouter('', `server: { trusted_proxies: [${proxy}] }`))
      expect(`${fault?.path} ${fault?.message}`).toContain(
        'trusted_proxies[0] must be an address or a network',
      )
    },
  )
})

describe('the limits of the server', () => {
  it('are what the config says', () => {
    const limits =
      'connections_per_address: 5, requests_per_second: 2, streams: 1, address_requests_per_second: 9'
    expect(configOf(withRouter('', `server: { limits: { ${limits} } }`)).server.limits).toMatchObject({
      ...{ connectionsPerAddress: 5, connectionsPerTenant: 1000, requestsPerSecond: 2, streamsInAll: 1 },
      addressRequestsPerSecond: 9,
    })
  })

  it.each(['connections_per_address: 0', 'address_requests_per_second: 0', 'streams: 5'])(
    'are not %s',
    limit => {
      expect(faultsOf(withRouter('', `server: { limits: { ${limit} } }`))).toHaveLength(1)
    },
  )
})

describe('the dashboard', () => {
  it('is served only if the config says so', () => {
    expect(configOf(`${AUTH}\nserver: { dashboard: true }\ntenants: []`).server.dashboard).toBe(true)
    expect(faultsOf(`${AUTH}\nserver: { dashboard: "yes" }\ntenants: []`)).toMatchObject([
      { message: expect.stringContaining('true or false') },
    ])
  })
})

describe('an origin', () => {
  it.each(['https://panel.example', 'http://localhost:3000'])('may be %s', origin => {
    expect(configOf(`${AUTH}\nserver: { origins: ["${origin}"] }\ntenants: []`).server.origins).toEqual([
      origin,
    ])
  })

  it.each([
    ['*', 'must name each origin'],
    ['https://panel.example/', '"https://panel.example"'],
    ['https://panel.example/app', '"https://panel.example"'],
    ['panel.example', 'an origin such as'],
  ])('is not %s: %s', (origin, hint) => {
    expect(faultsOf(`${AUTH}\nserver: { origins: ["${origin}"] }\ntenants: []`)).toMatchObject([
      { path: 'server.origins[0]', message: expect.stringContaining(hint) },
    ])
  })
})

describe('ids', () => {
  it('are unique among tenants, and among the routers of one', () => {
    const router = (id: string) => `{ id: ${id}, host: a, username: b, password: "c" }`
    const one = `{ id: one, routers: [${router('hq')}, ${router('hq')}] }`
    const two = `{ id: two, routers: [${router('hq')}] }`
    expect(faultsOf(`${AUTH}\ntenants: [${one}, ${two}, { id: two, routers: [] }]`)).toMatchObject([
      { path: 'tenants[0].routers[1].id', message: expect.stringContaining('tenants[0].routers[0]') },
      { path: 'tenants[2].id', message: expect.stringContaining('tenants[1]') },
    ])
  })

  it.each(['a/b', '-a', '5', '""', `"${'a'.repeat(65)}"`])('are not %s', id => {
    expect(faultsOf(`${AUTH}\ntenants: [{ id: ${id}, routers: [] }]`)).toHaveLength(1)
  })
})

describe('a bucket', () => {
  it('is 1, 5 or 15 minutes wide', () => {
    const widths = ['1m', '5m', '15m'].map(
      width => configOf(`${AUTH}\nbucket: ${width}\ntenants: []`).bucketMs,
    )
    expect(widths).toEqual([60_000, 300_000, 900_000])
    expect(faultsOf(`${AUTH}\nbucket: 10m\ntenants: []`)).toHaveLength(1)
  })
})
