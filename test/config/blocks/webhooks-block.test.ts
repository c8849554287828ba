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
    expect(webhook?.secret?.reveal()).toBe(WEBHOOK_ENV['NOC_SECRET'])
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

describe('the format of a webhook', () => {
  const hook = (keys: string) => `webhooks: [{ id: noc, url: "\${NOC_URL}", ${keys} }]`
  const bot = (url: string, chat: string) =>
    `webhooks: [{ id: bot, format: telegram, url: "${url}", chat: ${chat} }]`
  const BOT = 'https://api.telegram.org/bot1:a/sendMessage'

  it.each(['slack', 'discord', 'teams', 'text'])('may be %s, without a secret', format => {
    expect(tenantOf(hook(`format: ${format}`)).webhooks).toMatchObject([
      { format: { kind: format }, secret: undefined },
    ])
  })

  it('may be text with a signature', () => {
    expect(tenantOf(hook('format: text, secret: "${NOC_SECRET}"')).webhooks[0]?.secret?.reveal()).toBe(
      WEBHOOK_ENV['NOC_SECRET'],
    )
  })

  it.each([
    ['-1001234567890', '-1001234567890'],
    ['"-1001234567890"', '-1001234567890'],
    ['"@noc"', '@noc'],
  ])('may be telegram, for the chat %s', (written, chat) => {
    expect(tenantOf(bot(BOT, written)).webhooks).toMatchObject([{ format: { kind: 'telegram', chat } }])
  })

  it.each([
    [
      hook('format: slak'),
      'webhooks[0].format must be one of json, text, slack, discord, teams, telegram; default: json',
    ],
    [
      hook('format: slack, secret: "${NOC_SECRET}"'),
      'webhooks[0].secret is for format: json or text: remove it',
    ],
    [hook('secret: "${NOC_SECRET}", chat: 5'), 'webhooks[0].chat is for format: telegram: remove it'],
    [hook('format: text, chat: 5'), 'webhooks[0].chat is for format: telegram: remove it'],
    [bot(BOT, '0'), 'webhooks[0].chat must be a chat such as -1001234567890 or "@channel"'],
    [bot(BOT, '[1]'), 'webhooks[0].chat must be a chat such as -1001234567890 or "@channel"'],
    [
      bot('https://api.telegram.org/bot1:hunter2', '5'),
      'webhooks[0].url must be a URL such as https://api.telegram.org/bot${TOKEN}/sendMessage, with the token of the bot',
    ],
  ])('has only the keys that it needs: %s', (text, fault) => {
    const found = faults(text)
    expect(found).toEqual([expect.stringContaining(fault)])
    expect(found.join()).not.toContain('hunter2')
  })
})

describe('mails', () => {
  const SMTP = 'smtp: { host: mail.isp.example, from: tikmeter@isp.example }'
  const all = (lines: string, smtp = SMTP) =>
    faultsOf(
      `${smtp}\n${withTenant(`alerts: [{ id: down, on: router_offline }]\n${lines}`)}`,
      WEBHOOK_ENV,
    ).map(({ path, message }) => `${path} ${message}`)
  const mail = (keys: string) => `mails: [{ id: staff, ${keys} }]`

  it('go to addresses, for some alerts or all', () => {
    const text = withTenant(
      `alerts: [{ id: down, on: router_offline }]\n${mail('to: [noc@acme.example, "O\'Neil+x@müller.example"]')}`,
    )
    const config = configOf(`${SMTP}\n${text}`)
    expect(config.tenants[0]?.mails).toEqual([
      { id: 'staff', to: ['noc@acme.example', "O'Neil+x@müller.example"], rules: new Set(['down']) },
    ])
    expect(config.smtp).toEqual({
      ...{ host: 'mail.isp.example', port: 587, tls: 'starttls', ca: undefined, login: undefined },
      from: 'tikmeter@isp.example',
    })
  })

  it.each([
    [
      mail('to: []'),
      'tenants[0].mails[0].to must have at least one entry: addresses such as [noc@isp.example]',
    ],
    [mail('to: [noc]'), 'tenants[0].mails[0].to[0] must be an address such as noc@isp.example'],
    [
      mail('to: ["NOC <noc@isp.example>"]'),
      'tenants[0].mails[0].to[0] must be an address such as noc@isp.example, without a name or "<" and ">"',
    ],
    [
      mail('to: ["a@b\\r\\nBcc: c@d"]'),
      'tenants[0].mails[0].to[0] must be an address such as noc@isp.example',
    ],
    [
      mail('to: [a@b], alerts: [dwon]'),
      'tenants[0].mails[0].alerts[0] is not an alert of this tenant: did you mean down?',
    ],
    [
      `webhooks: [{ id: staff, ${WEBHOOK} }]\n${mail('to: [a@b]')}`,
      'tenants[0].mails[0].id must be unique: tenants[0].webhooks[0] already has it',
    ],
  ])('have faults that say what to do: %s', (text, fault) => {
    expect(all(text)).toEqual([expect.stringContaining(fault)])
  })

  it('need a mail server', () => {
    expect(all(mail('to: [a@b]'), '')).toEqual([
      'tenants[0].mails needs a mail server: add smtp: { host: mail.isp.example, from: tikmeter@isp.example } to the top of the file',
    ])
  })

  it.each([
    ['port: 465', { port: 465, tls: 'implicit' }],
    ['port: 25, tls: none', { port: 25, tls: 'none' }],
    ['user: u, password: p', { login: { user: 'u' } }],
  ])('go by a server with %s', (keys, server) => {
    expect(configOf(`smtp: { host: a, from: a@b, ${keys} }\n${withTenant('')}`).smtp).toMatchObject(server)
  })

  it.each([
    ['user: u', 'smtp.password belongs to user: write both, or neither'],
    ['password: hunter2', 'smtp.password belongs to user: write both, or neither'],
    ['tls: yes', 'smtp.tls must be one of starttls, implicit, none'],
  ])('do not go by a server with %s', (keys, fault) => {
    const found = all('', `smtp: { host: a, from: a@b, ${keys} }`)
    expect(found).toEqual([expect.stringContaining(fault)])
    expect(found.join()).not.toContain('hunter2')
  })
})

describe('an app that stats are published to', () => {
  const published = (keys: string) =>
    `publish: { pusher: { host: reverb.example, key: k, secret: hunter2, ${keys} } }\n${withTenant('')}`

  it('is reached by TLS, unless the operator says otherwise', () => {
    expect(configOf(published('app: 123')).publish).toMatchObject({ port: 443, isTls: true, app: '123' })
    expect(configOf(published('app: "a-1", tls: false')).publish).toMatchObject({ port: 80, isTls: false })
    expect(configOf(published('app: 1, port: 8080, tls: false, tenants: [acme]')).publish).toMatchObject({
      ...{ port: 8080, tenants: new Set(['acme']) },
    })
  })

  it.each([
    ['app: 1, tenants: [amce]', 'publish.pusher.tenants[0] is not the id of a tenant of this file'],
    ['app: "a/b"', 'publish.pusher.app must be the id of an app'],
    ['tls: false', 'publish.pusher.app is missing'],
  ])('has faults that say what to do: %s', (keys, fault) => {
    const found = faultsOf(published(keys)).map(({ path, message }) => `${path} ${message}`)
    expect(found).toEqual([expect.stringContaining(fault)])
    expect(found.join()).not.toContain('hunter2')
  })
})

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
