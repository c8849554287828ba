// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a reference to the environment is written like that

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, inject, onTestFinished, test } from 'vitest'
import { signToken } from '../../../src/auth/tokens.ts'
import { freePort } from '../../../src/postgres/free-port.ts'
import { LocalMailServer, refusal } from '../../alerts/mail/mail-server.ts'
import { query } from '../../harness/postgres/query.ts'
import { DaemonProcess } from '../daemon/daemon-process.ts'
import { until } from '../daemon/scene.ts'
import { answers, feed } from './asked.ts'
import { BareDatabase } from './bare-database.ts'
import { Canaries, type Output } from './canaries.ts'
import { misplacedSecrets } from './misplaced.ts'
import { Place } from './place.ts'
import type { Tap } from './tap.ts'
import { startTroubledRouters } from './troubled-routers.ts'

/** The most verbose settings. Libraries obey `DEBUG`. */
const TALKATIVE = { LOG_LEVEL: 'trace', DEBUG: '*' }
const CRASH = resolve('test/system/faults/crash-at-signal.mjs')
const WITHIN_MS = 120_000

let database: BareDatabase
let canaries: Canaries
let place: Place

beforeAll(async () => {
  database = await BareDatabase.create()
})

afterAll(() => database.drop())

beforeEach(async () => {
  canaries = new Canaries()
  place = await Place.create()
  onTestFinished(() => place.end())
})

/** The output of a command that has `env` and logs as much as it can. */
async function printed(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<readonly Output[]> {
  const { stdout, stderr } = await place.run(argv, { env: { ...TALKATIVE, ...env } })
  const name = argv.join(' ')
  return [
    { from: `stdout of ${name}`, text: stdout },
    { from: `stderr of ${name}`, text: stderr },
  ]
}

/** The database's URL with the password escaped in it. */
function urlWith(password: string, more: Partial<Pick<URL, 'port' | 'pathname'>> = {}): string {
  return Object.assign(new URL(database.url), { password: encodeURIComponent(password), ...more }).href
}

test('a secret is found in each form that it can be printed in', () => {
  const secret = canaries.make('the canary')
  const printedAs = [
    `password is ${secret}!`,
    `only a part of it: ${secret.slice(3, 14)}…`,
    JSON.stringify({ url: `postgres://u:${encodeURIComponent(secret)}@db/x` }),
    ...['u', 'us', 'user'].map(user => Buffer.from(`${user}:${secret}@db`).toString('base64')),
    Buffer.from(`x${secret}`).toString('base64url'),
    Buffer.from(`x${secret}`).toString('hex'),
  ]
  for (const text of printedAs) expect(canaries.leaksIn([{ from: text, text }])).toHaveLength(1)
  const others = [new Canaries().make('another'), 'a line without it', '']
  expect(canaries.leaksIn(others.map(text => ({ from: text, text })))).toEqual([])
})

test(
  'no config fault shows a secret, wherever the secret stands',
  async () => {
    for (const [what, text] of Object.entries(misplacedSecrets(canaries))) {
      await place.write('tikmeter.yaml', text)
      const outputs = await printed(['check'])
      expect([what, outputs.map(it => it.text).join('')]).toEqual([
        what,
        expect.stringContaining('tikmeter.yaml:'),
      ])
      expect([what, canaries.leaksIn(outputs)]).toEqual([what, []])
    }
  },
  WITHIN_MS,
)

test(
  'no command shows the password of a database that refuses it, is gone or has another name',
  async () => {
    await place.configure({ database: { url: '${DATABASE_URL}' } })
    const closed = String(await freePort())
    const urls = [
      urlWith(canaries.make('the wrong password')),
      urlWith(canaries.make('the password of a database that is gone'), { port: closed }),
      urlWith(canaries.make('the password of another database'), { pathname: '/no_such_database' }),
    ]
    for (const url of urls)
      for (const argv of [['run'], ['migrate'], ['usage'], ['credit', 'reject', '1', '--reason', 'x']]) {
        const outputs = await printed(argv, { DATABASE_URL: url })
        expect(outputs.map(it => it.text).join('')).toContain('no')
        expect(canaries.leaksIn(outputs)).toEqual([])
      }
  },
  WITHIN_MS,
)

test(
  'an embedded database shows its password to nobody',
  async () => {
    const directory = place.path('postgres')
    await place.configure({ database: { directory } })
    const outputs = await printed(['migrate'])
    const textOf = (name: string) => readFileSync(`${directory}/${name}`, 'utf8')
    for (const file of ['password', 'password.daemon'])
      canaries.add(`the ${file} of the embedded database`, textOf(file).trim())
    expect(canaries.leaksIn([...outputs, { from: 'its log', text: textOf('postgres.log') }])).toEqual([])
  },
  WITHIN_MS,
)

test(
  'a probe shows no password, whatever is wrong with a router',
  async () => {
    const { written, env, taps } = await startTroubledRouters(canaries, place)
    await place.configure({ poll: { timeout: '2s' }, tenants: [{ id: 'acme', routers: written }] })
    const outputs = [...(await printed(['probe'], env)), ...(await printed(['probe', '--json'], env))]
    expect(outputs[0]?.text).toContain('of 9 can be read')
    addProofs(taps)
    expect(canaries.leaksIn(outputs)).toEqual([])
  },
  WITHIN_MS,
)

test(
  'a daemon shows no secret: in its log, in its answers, at a reload, in a crash',
  async () => {
    const secrets = await startDaemon()
    const { daemon, env, taps } = secrets
    const outputs: Output[] = []
    outputs.push(...(await answers(daemon.port)))
    outputs.push(...(await feed(daemon.port, secrets.token)))
    for (const argv of [['status'], ['status', '--json']]) outputs.push(...(await printed(argv)))
    outputs.push(...(await printed(['usage'], env)))

    const faulty = misplacedSecrets(canaries)['everywhere'] ?? ''
    await place.write('tikmeter.yaml', faulty)
    daemon.signal('SIGHUP')
    await logged('config not reloaded')
    daemon.signal('SIGUSR2')
    expect(await daemon.ended).toBe(1)
    await logged('crashed at SIGUSR2')

    outputs.push({ from: 'the log', text: log() })
    addProofs(taps)
    expect(canaries.leaksIn(outputs)).toEqual([])
  },
  WITHIN_MS,
)

interface Started {
  readonly daemon: DaemonProcess
  readonly env: Readonly<Record<string, string>>
  readonly taps: readonly Tap[]
  /** A token of an admin. */
  readonly token: string
}

/** Starts a daemon with a secret wherever one is possible, each of them used. */
async function startDaemon(): Promise<Started> {
  const routers = await startTroubledRouters(canaries, place)
  const password = canaries.make('the password of the database')
  await query(database.url, `alter role ${database.guest} password '${password}'`)
  await query(database.url, `alter database ${database.name} owner to ${database.guest}`)
  const secret = canaries.make('the secret of the tokens')
  const mails = new LocalMailServer('none')
  // Its answer repeats what it does not accept.
  mails.refusing.login = password => refusal(535, `wrong password: ${password}`)
  await mails.listen()
  onTestFinished(() => mails.close())
  const env = {
    ...{ ...TALKATIVE, ...routers.env },
    DATABASE_URL: Object.assign(new URL(urlWith(password)), { username: database.guest }).href,
    TIKMETER_SECRET: secret,
    PUSHER_SECRET: canaries.make('the secret of the pusher'),
    NOC_URL: `http://127.0.0.1:${await freePort()}/${canaries.make('the path of the webhook')}`,
    NOC_SECRET: canaries.make('the secret of the webhook'),
    BOT_TOKEN: canaries.make('the token of the bot'),
    SMTP_PASSWORD: canaries.make('the password of the mail server'),
    REVERB_SECRET: canaries.make('the secret of the app'),
  }
  await place.configure({
    database: { url: '${DATABASE_URL}' },
    auth: { secret: '${TIKMETER_SECRET}' },
    pusher: { key: 'key', secret: '${PUSHER_SECRET}' },
    publish: {
      pusher: {
        ...{ host: '127.0.0.1', port: await freePort(), tls: false, app: 1, key: 'k' },
        secret: '${REVERB_SECRET}',
      },
    },
    smtp: {
      ...{ host: '127.0.0.1', port: mails.port, tls: 'none', user: 'usage', from: 'tikmeter@isp.example' },
      password: '${SMTP_PASSWORD}',
    },
    poll: { schedule: '* * * * * *', timeout: '2s' },
    snapshots: { interval: '1s' },
    tenants: [
      {
        ...{ id: 'acme', routers: routers.written },
        alerts: [{ id: 'down', on: 'router_offline', after: '1s' }],
        webhooks: [
          { id: 'noc', url: '${NOC_URL}', secret: '${NOC_SECRET}' },
          {
            ...{ id: 'bot', format: 'telegram', chat: 1 },
            url: `http://127.0.0.1:${await freePort()}/bot\${BOT_TOKEN}/sendMessage`,
          },
        ],
        mails: [{ id: 'staff', to: ['noc@acme.example'] }],
      },
    ],
  })
  const program = ['--import', CRASH, inject('cli')]
  const daemon = await DaemonProcess.start(place.configFile, place.path('daemon.log'), env, program)
  onTestFinished(async () => {
    await daemon.end('SIGKILL')
  })
  await until(
    'the daemon has logged in to each router',
    () => (log().match(/poll failed"/g) ?? []).length >= 7,
  )
  const token = await signToken({ kind: 'admin', expiresAt: new Date(Date.now() + 600_000) }, secret)
  canaries.add('a token', token)
  return { daemon, env, taps: routers.taps, token }
}

/** Adds what old routers were sent to prove the password. */
function addProofs(taps: readonly Tap[]): void {
  const proofs = taps.flatMap(it => it.proofs)
  expect(proofs.length).toBeGreaterThan(1)
  for (const proof of proofs) canaries.add('the proof of a password', proof)
  const heard = taps.map(it => it.heard).join('')
  // The passwords were sent, so there was something that could be shown.
  expect(canaries.leaksIn([{ from: 'what routers heard', text: heard }]).length).toBeGreaterThan(5)
}

function log(): string {
  return readFileSync(place.path('daemon.log'), 'utf8')
}

function logged(words: string): Promise<void> {
  return until(`it logs: ${words}`, () => log().includes(words))
}
