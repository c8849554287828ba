import { describe, expect, it } from 'vitest'
import { restartNeeded } from '../../src/config/difference.ts'
import { metricsTokenOf, tokenRulesOf } from '../../src/config/revealed.ts'
import { AUTH, configOf, ENV, WEBHOOK, WEBHOOK_ENV, withRouter, withTenant } from './config-text.ts'
import { differenceOf } from './difference-of.ts'

const before = configOf(withRouter(''))
const CERTIFICATES = 'test/harness/fleet/certificates'
const PAIR = `{ cert: ${CERTIFICATES}/server.pem, key: ${CERTIFICATES}/server-key.pem }`
const OTHER_PAIR = `{ cert: ${CERTIFICATES}/self-signed.pem, key: ${CERTIFICATES}/self-signed-key.pem, hsts: 1h }`
const nothing = {
  tenantsAdded: [],
  tenantsRemoved: [],
  tenantsChanged: [],
  routersAdded: [],
  routersRemoved: [],
  routersChanged: [],
}

function tenants(text: string) {
  return configOf(`${AUTH}\ntenants: [${text}]`)
}

describe('the difference that a reload makes', () => {
  it('is empty for the same file', () => {
    expect(differenceOf(before, configOf(withRouter('')))).toEqual(nothing)
  })

  it('contains an added or removed tenant and its routers', () => {
    const none = tenants('')
    const tenant = before.tenants[0]
    const pair = { tenant, router: tenant?.routers[0] }
    expect(differenceOf(none, before)).toEqual({ ...nothing, tenantsAdded: [tenant], routersAdded: [pair] })
    expect(differenceOf(before, none)).toEqual({
      ...nothing,
      tenantsRemoved: [tenant],
      routersRemoved: [pair],
    })
  })

  it('distinguishes routers with the same id by their tenants', () => {
    const router = '{ id: hq, host: a, username: b, password: "c" }'
    const changed = differenceOf(
      tenants(`{ id: one, routers: [${router}] }, { id: two, routers: [] }`),
      tenants(`{ id: one, routers: [] }, { id: two, routers: [${router}] }`),
    )
    expect(changed.routersRemoved.map(({ tenant }) => tenant.id)).toEqual(['one'])
    expect(changed.routersAdded.map(({ tenant }) => tenant.id)).toEqual(['two'])
    expect(changed.routersChanged).toEqual([])
  })

  it('contains a tenant for a new name or timezone, and not its routers', () => {
    const after = tenants('{ id: a, name: new, timezone: Africa/Nairobi, routers: [] }')
    expect(differenceOf(tenants('{ id: a, routers: [] }'), after)).toEqual({
      ...nothing,
      tenantsChanged: after.tenants,
    })
  })

  it.each([
    'quotas: [{ scope: user, period: month, limit: 2GB }]',
    'quotas: [{ scope: user, period: month, limit: 1GB }]\nalerts: [{ id: a, scope: user, period: month, threshold: 80% }]',
    'alerts: [{ id: down, on: router_offline }]',
    `webhooks: [{ id: noc, ${WEBHOOK} }]`,
    'webhooks: [{ id: noc, format: slack, url: "https://noc.example/" }]',
  ])('contains no router for changed quotas, alerts or webhooks, which need no restart: %s', lines => {
    const [plain, after] = ['', lines].map(it => configOf(withTenant(it), WEBHOOK_ENV))
    if (plain === undefined || after === undefined) throw new Error('two texts are two configs')
    expect(differenceOf(plain, after)).toEqual(nothing)
    expect(differenceOf(after, plain)).toEqual(nothing)
  })

  it.each([
    'port: 8730',
    'tls: true',
    'services: [ppp]',
    'enabled: false',
    'schedule: "0 * * * * *"',
    'timeout: 3s',
    'max_sessions: 100',
    'hotspot_domain: ignore',
  ])('restarts the poll loop for %s', keys => {
    expect(differenceOf(before, configOf(withRouter(keys))).routersChanged).toMatchObject([
      { isPolledAnew: true },
    ])
  })

  it.each([
    ['10.1.0.1', '10.1.0.2'],
    ['usage', 'other'],
    ['"x"', '"y"'],
  ])('restarts the poll loop for another host, user or password: %s, now %s', (from, to) => {
    const after = configOf(withRouter('').replace(from, to))
    expect(differenceOf(before, after).routersChanged).toMatchObject([{ isPolledAnew: true }])
  })

  it.each(['plausible_rate: 1Gbps', 'stalled_after: 1h', 'name: HQ'])('keeps the connection for %s', keys => {
    expect(differenceOf(before, configOf(withRouter(keys))).routersChanged).toMatchObject([
      { isPolledAnew: false },
    ])
  })

  it('applies to routers when the top of the file changes', () => {
    const after = configOf(withRouter('', 'stalled_after: 1h'))
    expect(differenceOf(before, after)).toMatchObject({ routersChanged: [{ isPolledAnew: false }] })
    expect(restartNeeded(before, after)).toEqual([])
  })

  it('needs no restart for another mail server or password', () => {
    const smtp = (password: string) =>
      configOf(withRouter('', `smtp: { host: a, user: u, password: ${password}, from: a@isp.example }`))
    expect(restartNeeded(before, smtp('x'))).toEqual([])
    expect(restartNeeded(smtp('x'), smtp('y'))).toEqual([])
  })

  it.each([
    ['database: { directory: elsewhere }', 'database'],
    ['publish: { pusher: { host: a, app: 1, key: k, secret: s } }', 'publish'],
    ['database: { url: "postgres://u:p@db/x" }', 'database'],
    ['poll: { concurrency: 8 }', 'poll.concurrency'],
    ['poll: { spread: false }', 'poll.spread'],
    ['poll: { listen: false }', 'poll.listen'],
    ['poll: { stale_after: 9s }', 'poll.stale_after'],
    ['commit: { interval: 5s }', 'commit'],
    ['lease: { duration: 30s }', 'lease'],
    ['journal: { max_size: 2GB }', 'journal'],
    ['server: { origins: ["https://panel.example"] }', 'server'],
    ['server: { metrics: { port: 9090 } }', 'server'],
    [`server: { tls: ${PAIR} }`, 'server'],
    ['snapshots: { interval: 1s }', 'snapshots'],
    ['pusher: { key: k, secret: s }', 'pusher'],
    ['retention: { deltas: 30d }', 'retention'],
    ['bucket: 5m', 'bucket'],
  ])('of %s waits for a restart', (top, key) => {
    const after = configOf(withRouter('', top))
    expect(differenceOf(before, after)).toEqual(nothing)
    expect(restartNeeded(before, after)).toEqual([key])
  })

  it('contains changed secrets, although they print alike', () => {
    const [old, after] = ['one', 'another'].map(secret =>
      configOf(withRouter('', `pusher: { key: k, secret: ${secret} }`)),
    )
    if (old === undefined || after === undefined) throw new Error('two secrets are two configs')
    expect(restartNeeded(old, after)).toEqual(['pusher'])
  })

  it('does not need a restart for certificates, HSTS and the token of the metrics', () => {
    const [old, after] = [
      `{ tls: ${PAIR}, metrics: { token: sixteen-at-least } }`,
      `{ tls: ${OTHER_PAIR}, metrics: { token: another-of-sixteen } }`,
    ].map(server => configOf(withRouter('', `server: ${server}`)))
    if (old === undefined || after === undefined) throw new Error('two servers are two configs')
    expect(metricsTokenOf(old.server)).not.toBe(metricsTokenOf(after.server))
    expect(restartNeeded(old, after)).toEqual([])
    expect(restartNeeded(old, before)).toEqual(['server'])
  })

  it('does not need a restart for token keys', () => {
    const after = configOf(withRouter(''), { ...ENV, TIKMETER_SECRET: 'another secret of thirty-two bytes' })
    expect(differenceOf(before, after)).toEqual(nothing)
    expect(tokenRulesOf(after)).not.toEqual(tokenRulesOf(before))
  })
})
