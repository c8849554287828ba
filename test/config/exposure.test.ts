// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a reference to the environment is written like that

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exposedSecret } from '../../src/config/exposure.ts'

let file: string
let directory: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tikmeter-exposure-'))
  file = join(directory, 'tikmeter.yaml')
})

afterAll(() => {
  rmSync(directory, { recursive: true })
})

/** The place in the warning, if there is one. */
function exposedIn(text: string, mode: number): string | undefined {
  writeFileSync(file, text)
  chmodSync(file, mode)
  const fault = exposedSecret(file, [])
  expect(JSON.stringify(fault ?? '')).not.toContain('hunter2')
  return fault && `${fault.line} ${fault.path}`
}

function withSecrets(secret: string, password: string): string {
  return `auth: { secret: ${secret} }
tenants:
  - id: acme
    routers:
      - { id: hq, host: 10.1.0.1, username: usage, password: "\${HQ}" }
      - { id: tower, host: 10.1.0.2, username: usage, password: ${password} }
`
}

describe('a secret in plain text', () => {
  it('is reported where every user may read the file, the first of several', () => {
    expect(exposedIn(withSecrets('"${SECRET}"', 'hunter2'), 0o644)).toBe('6 tenants[0].routers[1].password')
    expect(exposedIn(withSecrets('hunter2', 'hunter2'), 0o604)).toBe('1 auth.secret')
    expect(exposedIn('database: { url: "postgres://u:hunter2@h/d" }\ntenants: []', 0o644)).toBe(
      '1 database.url',
    )
  })

  it('may be one of several token secrets', () => {
    const text = 'auth:\n  keys: [{ secret: "${SECRET}" },\n    { secret: hunter2 }]\ntenants: []'
    expect(exposedIn(text, 0o644)).toBe('3 auth.keys[1].secret')
  })

  it('may be the token of the metrics', () => {
    const withToken = (token: string) => `tenants: []\nserver: { metrics: { port: 9090, token: ${token} } }`
    expect(exposedIn(withToken('hunter2'), 0o644)).toBe('2 server.metrics.token')
    expect(exposedIn(withToken('"${METRICS_TOKEN}"'), 0o644)).toBeUndefined()
  })

  it('may be the URL of a replica, or a secret of the bus', () => {
    for (const [text, place] of [
      ['database: { url: "${URL}", read_url: "postgres://u:hunter2@h/d" }', 'database.read_url'],
      ['bus: { url: "nats://h", user: u, password: hunter2 }', 'bus.password'],
      ['bus: { url: "nats://h", token: hunter2 }', 'bus.token'],
      ['bus: { url: "nats://h", creds: hunter2 }', 'bus.creds'],
    ])
      expect(exposedIn(`${text}\ntenants: []`, 0o644)).toBe(`1 ${place}`)
  })

  it('may be the password of the mail server, or the secret of an app that is published to', () => {
    for (const [text, place] of [
      ['smtp: { host: h, user: u, password: hunter2, from: a@b }', 'smtp.password'],
      ['publish: { pusher: { host: h, app: 1, key: k, secret: hunter2 } }', 'publish.pusher.secret'],
    ])
      expect(exposedIn(`${text}\ntenants: []`, 0o644)).toBe(`1 ${place}`)
  })

  it('may be the URL or the secret of a webhook', () => {
    const withWebhook = (url: string, secret: string) =>
      `tenants: [{ id: a, routers: [] }, { id: b, routers: [], webhooks:\n [{ url: ${url}, secret: ${secret} }] }]`
    expect(exposedIn(withWebhook('"https://noc/hunter2"', '"${SECRET}"'), 0o644)).toBe(
      '2 tenants[1].webhooks[0].url',
    )
    expect(exposedIn(withWebhook('"https://noc/${TOKEN}"', 'hunter2'), 0o644)).toBe(
      '2 tenants[1].webhooks[0].secret',
    )
    expect(exposedIn(withWebhook('"https://noc/${TOKEN}"', '{ file: /etc/noc }'), 0o644)).toBeUndefined()
  })

  it('is not reported if only the owner and the group may read the file', () => {
    expect(exposedIn(withSecrets('hunter2', 'hunter2'), 0o640)).toBeUndefined()
  })

  it('is not a reference, a file, a credential or an empty text', () => {
    for (const secret of ['"x${PART}y"', '{ file: /etc/secret }', '{ credential: hq }', '""'])
      expect(exposedIn(withSecrets('"${SECRET}"', secret), 0o644)).toBeUndefined()
    expect(exposedIn(withSecrets('"${SECRET}"', '"hunter2$${"'), 0o644)).toBeDefined()
  })
})
