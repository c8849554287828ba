// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a reference to the environment is written like that

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { plainWarnings } from '../../src/commands/plain-warnings.ts'
import { webhookWarnings } from '../../src/commands/webhook-warnings.ts'
import { configOf, WEBHOOK_ENV, withTenant } from '../config/config-text.ts'

let directory: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tikmeter-webhooks-'))
})

afterAll(() => {
  rmSync(directory, { recursive: true })
})

function warningsOf(url: string, top = ''): readonly string[] {
  const hook = `alerts: [{ id: down, on: router_offline }]\nwebhooks: [{ id: noc, url: "\${NOC_URL}", secret: "\${NOC_SECRET}" }]`
  const text = `${top}\n${withTenant(hook)}`
  const file = join(directory, 'tikmeter.yaml')
  writeFileSync(file, text)
  return webhookWarnings(file, configOf(text, { ...WEBHOOK_ENV, NOC_URL: url })).map(
    ({ line, path, message }) => {
      expect(text.split('\n')[line - 1]).toContain('NOC_URL')
      expect(message).not.toContain('0a1b2c')
      return `${path} ${message.replace(/[:,;].*/, '')}`
    },
  )
}

const PLAIN = 'tenants[0].webhooks[0].url uses plain http'
const PRIVATE = 'tenants[0].webhooks[0].url is at a private address'

it.each([
  ['https://noc.example/0a1b2c', []],
  ['https://8.8.8.8/0a1b2c', []],
  ['http://noc.example/0a1b2c', [PLAIN]],
  ['HTTP://10.1.0.9:8080/0a1b2c', [PLAIN, PRIVATE]],
  ['https://0x7f.1/0a1b2c', [PRIVATE]],
  ['https://[::ffff:169.254.169.254]/0a1b2c', [PRIVATE]],
  ['https://localhost/0a1b2c', [PRIVATE]],
  ['https://panel.internal./0a1b2c', [PRIVATE]],
])('a webhook at %s causes the warnings %j', (url, warnings) => {
  expect(warningsOf(url)).toEqual(warnings)
  expect(warningsOf(url, 'webhooks_private: false')).toEqual(warnings)
})

it.each([
  ['https://hooks.slack.com/services/0a1b2c', 'slack'],
  ['https://discord.com/api/webhooks/1/0a1b2c', 'discord'],
  ['https://api.telegram.org/bot0a1b2c/sendMessage', 'telegram'],
  ['https://prod-1.westeurope.logic.azure.com:443/workflows/0a1b2c', 'teams'],
  ['https://default1.ab.environment.api.powerplatform.com:443/powerautomate/0a1b2c', 'teams'],
])('a webhook of a chat service in another format is a warning: %s', (url, format) => {
  expect(warningsOf(url)).toEqual([`tenants[0].webhooks[0].url is at a service that takes format`])
  expect(format).not.toBe('json')
})

it.each([
  ['smtp: { host: mail.isp.example, port: 25, tls: none, from: a@b }', ['smtp.tls']],
  ['smtp: { host: localhost, port: 25, tls: none, from: a@b }', []],
  ['smtp: { host: 10.0.0.25, port: 25, tls: none, from: a@b }', []],
  ['smtp: { host: mail.isp.example, from: a@b }', []],
  [
    'publish: { pusher: { host: ws.isp.example, tls: false, app: 1, key: k, secret: s } }',
    ['publish.pusher.tls'],
  ],
  ['publish: { pusher: { host: 127.0.0.1, tls: false, app: 1, key: k, secret: s } }', []],
])('a server that is not local and reached without TLS is a warning: %s', (top, warnings) => {
  const text = `${top}\n${withTenant('')}`
  const file = join(directory, 'plain.yaml')
  writeFileSync(file, text)
  expect(plainWarnings(file, configOf(text)).map(({ path }) => path)).toEqual(warnings)
})
