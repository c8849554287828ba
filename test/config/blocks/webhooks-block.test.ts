// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a reference to the environment is written like that

import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  configOf,
  tenantFaults as faults,
  faultsOf,
  tenantOf,
  WEBHOOK,
  WEBHOOK_ENV,
  withTenant,
} from '../config-text.ts'

const KEY = base64('a secret of 25 bytes long')

describe('a webhook', () => {
  const DOWN = 'alerts: [{ id: down, on: router_offline }, { id: silent, on: session_stalled }]'
  const hooks = (keys: string) => `${DOWN}\nwebhooks: [{ id: noc, ${keys} }]`

  it('gets the alerts that it names, or all, and never prints its URL or its secret', () => {
    const config = configOf(withTenant(hooks(`${WEBHOOK}, alerts: [silent]`)), WEBHOOK_ENV)
    const webhook = config.tenants[0]?.webhooks[0]
    expect(webhook).toMatchObject({ id: 'noc', rules: new Set(['silent']) })
    expect(webhook?.url.reveal()).toBe(WEBHOOK_ENV['NOC_URL'])
    expect(webhook?.secret.reveal()).toBe(WEBHOOK_ENV['NOC_SECRET'])
    for (const printed of [JSON.stringify(config), inspect(config, { depth: 99, showHidden: true })])
      expect(printed).not.toMatch(/0a1b2c|YSBzZWNyZXQ/)
    expect(webhook?.isPrivateAllowed).toBe(true)
    const closed = configOf(`webhooks_private: false\n${withTenant(hooks(WEBHOOK))}`, WEBHOOK_ENV)
    expect(closed.tenants[0]?.webhooks[0]?.isPrivateAllowed).toBe(false)
    expect(tenantOf(hooks(WEBHOOK)).webhooks[0]?.rules).toEqual(new Set(['down', 'silent']))
  })

  it('names alerts of its tenant, and the fault suggests the one that was meant', () => {
    expect(faults(hooks(`${WEBHOOK}, alerts: [dwon, near-quota, silent]`))).toEqual([
      'webhooks[0].alerts[0] is not an alert of this tenant: did you mean down?',
      'webhooks[0].alerts[1] is not an alert of this tenant: use an id from alerts',
    ])
    expect(faults(hooks(`${WEBHOOK}, alerts: []`))).toEqual([
      'webhooks[0].alerts must have at least one entry: ids of alerts such as [down]; leave it out for all alerts',
    ])
    // A faulty alert may be the one that is named, under this id or another.
    const hook = `webhooks: [{ id: noc, ${WEBHOOK}, alerts: [down] }]`
    for (const alert of ['{ on: router_offline }', '{ id: down, on: router_offline, after: 5 }'])
      expect(faults(`alerts: [${alert}]\n${hook}`)).toEqual([expect.stringContaining('alerts[0].')])
    // A faulty alert still has an id.
    expect(faults(`alerts: [{ id: dawn, on: router_offline, after: 5 }]\n${hook}`)).toEqual([
      expect.stringContaining('alerts[0].after'),
      'webhooks[0].alerts[0] is not an alert of this tenant: did you mean dawn?',
    ])
  })

  it.each(['http://10.1.0.9:8080/hook?key=1', 'HTTPS://noc.example', 'https://[fd00::1]/'])(
    'may be at %s',
    url => {
      expect(tenantOf(hooks(`url: "${url}", secret: "\${NOC_SECRET}"`)).webhooks[0]?.url.reveal()).toBe(url)
    },
  )

  it.each([
    ['noc.example/1234567', ''],
    ['ftp://noc.example/1234567', ''],
    ['https://', ''],
    ['https:noc.example/1234567', ''],
    ['https://1234567@noc.example/', ', without a user or a password'],
    ['https://u:1234567@noc.example/', ', without a user or a password'],
  ])('is not at %s, and the fault does not show it', (url, hint) => {
    expect(faults(hooks(`url: "${url}", secret: "\${NOC_SECRET}"`))).toEqual([
      `webhooks[0].url must be a URL such as https://noc.example/alerts${hint}`,
    ])
  })

  it.each([
    ['a'.repeat(24), undefined],
    ['é'.repeat(12), undefined],
    [`whsec_${KEY}`, undefined],
    ['1234567'.repeat(3), 'must be 24 bytes or more: make one with "openssl rand -base64 32"'],
    [`whsec_${base64('a'.repeat(24))}`, undefined],
    [`whsec_${base64('1234567'.repeat(3))}`, 'must be 24 bytes or more'],
    [`whsec_${base64('a'.repeat(23))}`, 'must be 24 bytes or more'],
    ['whsec_', 'must be 24 bytes or more'],
    [`whsec_${'1234567'.repeat(9)}`, 'must have base64 after whsec_'],
    [`whsec_${KEY}!1234567`, 'must have base64 after whsec_'],
    [`whsec_${KEY.replace('==', '')}`, 'must have base64 after whsec_'],
  ])('signs with %s, unless it is at fault: %s', (secret, hint) => {
    const found = faultsOf(withTenant(hooks('url: "${NOC_URL}", secret: "${KEY}"')), {
      ...WEBHOOK_ENV,
      KEY: secret,
    })
    if (hint === undefined) return expect(found).toEqual([])
    expect(found).toMatchObject([{ message: expect.stringContaining(hint) }])
    expect(JSON.stringify(found)).not.toContain('1234567')
  })

  it('may have its secrets wherever a secret may be', () => {
    expect(faults(hooks('url: "${NOT_SET}", secret: { file: /nowhere }'))).toEqual([
      'webhooks[0].url needs NOT_SET from the environment, but it is unset or empty there: export it or add it to .env',
      'webhooks[0].secret cannot be read: there is no such file',
    ])
  })
})

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
