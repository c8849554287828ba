import { isIP, isIPv6 } from 'node:net'
import { type Checked, notA, right, wrong } from './checked.ts'
import { written } from './written.ts'

const HOST = 'a host name or an address such as 10.1.0.1 or "fd00::1"'
const HOST_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9_.])?$/

/** A host name or an address. IPv6 may have brackets, which are removed. */
export function host(value: unknown): Checked<string> {
  if (typeof value !== 'string') return notA(`${HOST}, in quotes`, value)
  const bare = /^\[(.*)\]$/.exec(value)?.[1] ?? value
  if (bare === value ? isIP(bare) !== 0 || HOST_NAME.test(bare) : isIPv6(bare)) return right(bare)
  // The value is not shown: a URL may contain a password.
  if (/:\/\/|@/.test(value)) return wrong(`must be ${HOST}, without "http://" or a user`)
  if (/^[^:]+:\d+$/.test(value)) return wrong(`must be ${HOST}, without a port: put that in port`)
  return notA(HOST, value)
}

/** The origin of a web page, exactly as browsers send it. */
export function origin(value: unknown): Checked<string> {
  const wanted = 'an origin such as "https://panel.example"'
  if (value === '*') return wrong('must name each origin: "*" would let every website read the feed')
  if (typeof value !== 'string' || !URL.canParse(value)) return notA(wanted, value)
  const url = new URL(value)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return notA(wanted, value)
  if (url.origin === value) return right(value)
  return wrong(
    `must be as browsers send it, without a path or a trailing slash: ${JSON.stringify(url.origin)}`,
  )
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/** The URL of the token issuer's keys. Plain http is allowed on this machine only: replaced keys open every tenant. */
export function keySetUrl(value: unknown): Checked<string> {
  const wanted = 'a URL such as https://panel.example/.well-known/jwks.json'
  if (typeof value !== 'string' || !URL.canParse(value)) return notA(wanted, value)
  const { protocol, hostname, username, password } = new URL(value)
  // fetch() refuses a URL with credentials, and the URL would be logged.
  if (username !== '' || password !== '') return wrong(`must be ${wanted}, without a user or a password`)
  if (protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname))) return right(value)
  return wrong(`must be ${wanted}: https, or http to this machine only`)
}

/** The URL of a webhook. No message shows it: its path or query may contain a secret. */
export function webhookUrl(text: string): Checked<string> {
  const wanted = 'a URL such as https://noc.example/alerts'
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return wrong(`must be ${wanted}`)
  const { username, password } = new URL(text)
  // fetch() refuses a URL with credentials.
  if (username !== '' || password !== '') return wrong(`must be ${wanted}, without a user or a password`)
  return right(text)
}

/** The URL of a Telegram bot, which contains the bot's token. */
export function telegramUrl(text: string): Checked<string> {
  const checked = webhookUrl(text)
  if (checked.kind === 'wrong' || /\/bot.+\/sendMessage$/.test(new URL(text).pathname)) return checked
  return wrong(
    `must be a URL such as https://api.telegram.org/bot\${TOKEN}/sendMessage, with the token of the bot`,
  )
}

const NETWORK = 'an address or a network such as 10.0.0.0/8 or "fd00::/8"'

/** An address, or a network in CIDR notation. */
export function network(value: unknown): Checked<string> {
  const [, address = '', bits] = (typeof value === 'string' && /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(value)) || []
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  return typeof value === 'string' && most >= Number(bits ?? 0) ? right(value) : notA(NETWORK, value)
}

for (const address of [host, origin, keySetUrl, network]) written({ type: 'string' }, address)
