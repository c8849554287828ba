// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a reference to the environment is written like that

import { stringify } from 'yaml'
import type { Canaries } from './canaries.ts'

const ROUTER_KEYS = [
  ...['id', 'host', 'port', 'tls', 'services', 'enabled', 'schedule', 'timeout', 'plausible_rate'],
  ...['stalled_after', 'passwrod', 'secret', 'user'],
]

/** Configs with a fault, and with a secret in it or beside it. */
export function misplacedSecrets(canaries: Canaries): Readonly<Record<string, string>> {
  const make = (where: string) => canaries.make(`a secret ${where}`)
  const router = { id: 'hq', host: '10.1.0.1', username: 'usage', password: 'x' }
  const routers = ROUTER_KEYS.map((key, index) => ({
    ...{ ...router, id: `r${index}` },
    [key]: make(`in place of ${key}`),
  }))
  const passwords = [
    [make('in a list')],
    { file: make('in place of a file') },
    { [make('in place of a key')]: 'x' },
    { file: 'x', more: make('beside a file') },
    `\${${make('in a reference')}}`,
    `${make('before a reference')}\${NOT_SET}`,
    { credential: `../${make('in place of a credential')}` },
  ].map((password, index) => ({ ...router, id: `p${index}`, password }))
  const everywhere = stringify({
    database: { url: `mysql://u:${make('in the URL of another database')}@db/x` },
    auth: { secret: 'too-short', jwks_url: `https://u:${make('in the URL of the keys')}@panel.example/keys` },
    journal: make('in place of the journal'),
    server: {
      origins: [`https://u:${make('in an origin')}@panel.example/`],
      metrics: {
        host: make('in place of the host of the metrics'),
        token: [make('as the token of the metrics, in a list')],
      },
      tls: {
        hsts: make('in place of HSTS'),
        cert: make('in place of a certificate'),
        key: `-----BEGIN PRIVATE KEY-----\n${make('in place of a key file')}\n-----END PRIVATE KEY-----\n`,
      },
    },
    pusher: {
      key: make('in place of the pusher’s key'),
      secret: [make('as the pusher’s secret, in a list')],
    },
    publish: {
      pusher: {
        host: `https://u:${make('in place of the host of an app')}@reverb.example`,
        app: make('in place of an app'),
        key: `${make('in place of the key of an app')}!`,
        secret: [make('as the secret of an app, in a list')],
        tenants: [make('in place of a tenant that is published')],
      },
    },
    smtp: {
      host: `smtp://u:${make('in place of the mail server')}@mail.isp.example`,
      tls: make('in place of the TLS of mails'),
      from: make('in place of the sender of mails'),
      user: [make('as the user of the mail server, in a list')],
      password: [make('as the password of the mail server, in a list')],
    },
    bucket: make('in place of the bucket'),
    retention: make('in place of the retention'),
    [make('in place of a key at the top')]: 1,
    tenants: [
      { id: 'acme', timezone: make('in place of a timezone'), routers: [...routers, ...passwords] },
      { id: make('in place of an id'), name: [make('in place of a name')], routers: [] },
      { id: 'umoja', routers: [], ...alerting(make) },
    ],
  })
  const line = (written: string) => `auth:\n  ${written}\ntenants: []\n`
  return {
    everywhere,
    'a secret that is too short': line(`secret: "${short(canaries)}"`),
    'a token of the metrics with a blank': line(
      `secret: "${make('beside the metrics')}"\nserver: { metrics: { token: "${make('of the metrics')} x" } }`,
    ),
    'a webhook’s secret that is too short': line(
      `secret: "${make('beside the webhook')}"\ntenants: [{ id: a, routers: [], webhooks: [{ secret: "${short(canaries)}" }] }]`,
    ).replace('tenants: []\n', ''),
    'a URL that ends within its password': line(
      `secret: "${make('beside the URL')}"\ndatabase: { url: "postgres://u:12/${make('in the path')}@db/x" }`,
    ),
    'no space behind the colon, in { }': `auth: { secret:${make('without a space')} }\ntenants: []\n`,
    'no space behind the colon': line(`secret:${make('without a space, on its line')}`),
    'a reserved character': line(`secret: @${make('behind a reserved character')}`),
    'a tag': line(`secret: !${plain(make('as a tag'))} x`),
    'an alias': line(`secret: *${plain(make('as an alias'))}`),
    'an open quote': line(`secret: "${make('in an open quote')}`),
    'a second value': line(`secret: "a" ${make('behind a value')}`),
    'a bad escape': line(`secret: "\\q${make('behind a bad escape')}"`),
    'a block scalar': line(`secret: |${make('behind a bar')}`),
    'a key twice': line(
      `secret: ${make('in a key that is there twice')}\n  secret: ${make('a second time')}`,
    ),
    'a directive': `%${make('as a directive')}\n---\ntenants: []\n`,
    'no block': `${make('in place of everything')}\n`,
    'a line of .env': `TIKMETER_SECRET=${make('in a line of .env')}\ntenants: []\n`,
  }
}

/** Quotas, alerts, webhooks and mails with a secret in place of each of their keys. */
function alerting(make: (where: string) => string) {
  const quota = { scope: 'router', period: 'month', limit: '1GB' }
  const alert = { id: 'big', ...quota, limit: undefined, threshold: '80%' }
  const webhook = { id: 'noc', url: 'https://noc.example/', secret: 'x'.repeat(24) }
  const spoilt = <Block extends object>(block: Block, keys: readonly string[]) =>
    keys.map((key, index) => ({
      ...block,
      id: `i${index}`,
      [key]: make(`in place of an alert’s ${key}`),
    }))
  return {
    quotas: [
      ...['scope', 'period', 'limit', 'of'].map(key => ({ ...quota, [key]: make(`as a quota’s ${key}`) })),
      { ...quota, of: [make('in place of a router’s id')] },
    ],
    alerts: spoilt(alert, ['id', 'on', 'scope', 'period', 'threshold', 'after', 'secret']),
    webhooks: [
      ...spoilt(webhook, ['id', 'url', 'alerts', 'password']),
      { ...webhook, url: `https://u:${make('in the URL of a webhook')}@noc.example/` },
      { ...webhook, url: `ftp://noc.example/${make('in the path of a webhook')}` },
      { ...webhook, secret: [make('as a webhook’s secret, in a list')] },
      { ...webhook, secret: `whsec_${make('behind whsec_, and no base64')}` },
      { ...webhook, alerts: [make('in place of an alert’s id')] },
      { ...webhook, format: make('in place of a format') },
      { ...webhook, format: 'slack', secret: make('as the secret of a chat') },
      {
        ...{ id: 'bot', format: 'telegram', chat: make('in place of a chat') },
        url: `https://api.telegram.org/bot1:${make('as the token of a bot')}`,
      },
    ],
    mails: [
      { id: 'staff', to: make('in place of addresses') },
      {
        id: 'boss',
        to: [make('in place of an address')],
        alerts: [make('in place of an alert’s id, of a mail')],
      },
    ],
  }
}

/** A secret of too few bytes for a token's key, but long enough to be recognized. */
function short(canaries: Canaries): string {
  const secret = canaries.make('a short secret').slice(0, 20)
  canaries.add('what is left of a short secret', secret)
  return secret
}

/** The secret with only characters that YAML allows in tags and anchors. */
function plain(secret: string): string {
  return secret.replaceAll(/[^A-Za-z0-9]/g, 'x')
}
