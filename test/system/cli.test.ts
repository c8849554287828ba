// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a reference to the environment is written like that

import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { decodeJwt, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { CommandsTogether } from '../commands/commands-together.ts'
import { PPP_ANN, startRouter } from '../harness/fleet/opened.ts'

const SECRET = 'a secret of thirty-two bytes or more'
const PASSWORD = 'of-the-router-hq'
const DAY_SECONDS = 86_400
const commands = new CommandsTogether()
let directory: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tikmeter-cli-'))
  write(
    'good.yaml',
    `auth: { secret: "\${TIKMETER_SECRET}" }
tenants:
  - id: acme
    routers:
      - { id: hq, host: 10.1.0.1, username: usage, password: "\${HQ_PASSWORD}" }
`,
  )
  write('.env', `TIKMETER_SECRET="${SECRET}"\nHQ_PASSWORD=${PASSWORD}\n`)
})

afterAll(() => {
  rmSync(directory, { recursive: true })
})

function write(name: string, content: string): void {
  writeFileSync(join(directory, name), content)
}

/** Runs a command in the folder of the files above, with only the given environment. */
async function tikmeter(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = await commands.run({ argv, folder: directory, env })
  for (const secret of [SECRET, PASSWORD]) expect(stdout + stderr).not.toContain(secret)
  return { code, stdout, stderr }
}

/** Runs a command in the same way, in a separate process. */
async function tikmeterAlone(argv: readonly string[]) {
  const child = spawnTikmeter(argv, {})
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { code, stdout, stderr }
}

function spawnTikmeter(argv: readonly string[], env: NodeJS.ProcessEnv) {
  return spawn(process.execPath, [inject('cli'), ...argv], {
    cwd: directory,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

describe('check', () => {
  it('summarizes a valid file whose secrets come from .env', async () => {
    const outcome = { code: 0, stdout: 'ok: 1 tenant, 1 router\n', stderr: '' }
    expect(await tikmeter(['check', '--config', 'good.yaml'])).toEqual(outcome)
    expect(await tikmeterAlone(['check', '--config', 'good.yaml'])).toEqual(outcome)
  })

  it('takes the file from TIKMETER_CONFIG', async () => {
    const { code } = await tikmeter(['check'], { TIKMETER_CONFIG: 'good.yaml' })
    expect(code).toBe(0)
  })

  it('reports all faults at once, one a line, each with its position in the file and its path', async () => {
    write(
      'faulty.yaml',
      `auth: { secret: "\${NOWHERE_SET}" }
pol: { spread: true }
bucket: 10m
tenants:
  - id: acme
    timezone: Africa/Nairobbi
    routers:
      - { id: hq, host: 10.1.0.1, port: 99999, username: usage, password: "${PASSWORD}" }
`,
    )
    const { code, stdout, stderr } = await tikmeter(['check', '--config', 'faulty.yaml'])
    expect(code).toBe(2)
    expect(stdout).toBe('')
    const lines = stderr.trimEnd().split('\n')
    expect(lines.map(line => line.replace(/:\d+ ([^:]+):.*/, ' $1'))).toEqual([
      'faulty.yaml:1 auth.secret',
      'faulty.yaml:2 pol',
      'faulty.yaml:3 bucket',
      'faulty.yaml:6 tenants[0].timezone',
      'faulty.yaml:8 tenants[0].routers[0].port',
    ])
  })

  it('warns about a key set that accepts every token of its issuer', async () => {
    write('open.yaml', 'auth: { jwks_url: "https://a.example/k" }\ntenants: []\n')
    const { code, stderr } = await tikmeter(['check', '--config', 'open.yaml'])
    expect(code).toBe(0)
    expect(stderr).toMatch(
      /^warning: open\.yaml:1:9 auth\.jwks_url: accepts every token .+ set issuer and audience .+\n$/,
    )
  })

  it('reports a file that does not exist', async () => {
    const { code, stderr } = await tikmeter(['check', '--config', 'missing.yaml'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^missing\.yaml:1:1 .+\n$/)
  })
})

describe('probe', () => {
  it('says for each router what it has, or what is wrong and what to do, and never shows a secret', async () => {
    const well = await startRouter({
      identity: 'hq',
      serial: 'HF0000001',
      users: [{ name: 'usage', password: PASSWORD, policy: ['read', 'api'] }],
    })
    well.login(PPP_ANN)
    const refusing = await startRouter({
      users: [{ name: 'usage', password: 'another', policy: ['read', 'api'] }],
    })
    write(
      'probed.yaml',
      `auth: { secret: "\${TIKMETER_SECRET}" }
tenants:
  - id: acme
    routers:
      - { id: hq, host: ${well.host}, port: ${well.port}, username: usage, password: "\${HQ_PASSWORD}" }
      - { id: north, host: ${refusing.host}, port: ${refusing.port}, username: usage, password: "\${HQ_PASSWORD}" }
`,
    )
    const { code, stdout } = await tikmeter(['probe', '--config', 'probed.yaml'])
    expect(code).toBe(1)
    const steady = stdout
      .replaceAll(/\d+(\.\d+)? ms/g, 'N ms')
      .replaceAll(/:\d{4,5}/g, ':PORT')
      .replaceAll(/up 1d\d+s/g, 'up 1d')
    expect(steady).toBe(`acme/hq  127.0.0.1:PORT  ok
  hq, RouterOS 7.20 (stable), up 1d, answers in N ms
  rights   read, api (group usage)
  hotspot  nobody online
  ppp      1 online, 1 with counters

acme/north  127.0.0.1:PORT  FAILED
  ✗ invalid user name or password (6)
    → check username and password, and that the group of usage may use the API: /user/group/set [/user/get usage group] policy=read,api

1 of 2 can be read
`)
    const only = await tikmeter(['probe', 'acme/hq', '--json', '--config', 'probed.yaml'])
    expect(only.code).toBe(0)
    expect(JSON.parse(only.stdout)).toMatchObject([
      {
        tenant: 'acme',
        router: 'hq',
        ok: true,
        serial: 'HF0000001',
        services: { ppp: { state: 'read', sessions: 1, with_counters: 1 } },
        findings: [],
      },
    ])
    expect(await tikmeter(['probe', 'acme/hg', '--config', 'probed.yaml'])).toMatchObject({
      code: 2,
      stderr: 'error: no router "hg" in the config: did you mean "hq"?\n',
    })
  })
})

describe('run and migrate', () => {
  it.each(['run', 'migrate'])('%s stops at a faulty config', async command => {
    write('no-directory.yaml', 'database: { directory: [] }\n')
    const { code, stderr } = await tikmeter([command, '--config', 'no-directory.yaml'])
    expect(code).toBe(2)
    expect(stderr).toContain('no-directory.yaml:1')
  })
})

describe('token', () => {
  it('is for one tenant, for thirty days, and is signed with the config’s secret', async () => {
    const { code, stdout } = await tikmeter(['token', '--tenant', 'acme', '--config', 'good.yaml'])
    expect(code).toBe(0)
    const { payload } = await jwtVerify(stdout.trim(), new TextEncoder().encode(SECRET))
    expect(payload).toMatchObject({ tenant: 'acme' })
    expect(payload['admin']).toBeUndefined()
    expect(secondsLeft(payload.exp)).toBeCloseTo(30 * DAY_SECONDS, -3)
  })

  it('is for an admin, and lasts as long as requested', async () => {
    const { stdout } = await tikmeter(['token', '--admin', '--expires', '12h', '--config', 'good.yaml'])
    const payload = decodeJwt(stdout.trim())
    expect(payload).toMatchObject({ admin: true })
    expect(secondsLeft(payload.exp)).toBeCloseTo(DAY_SECONDS / 2, -3)
  })

  it.each([
    [
      'for a tenant that is not in the config',
      ['--tenant', 'ghost'],
      /^error: no tenant "ghost" in the config\n$/,
    ],
    ['for nobody', [], /^error: give either --tenant ID or --admin\n$/],
    ['for both', ['--tenant', 'acme', '--admin'], /^error: give either --tenant ID or --admin\n$/],
    ['for an invalid duration', ['--admin', '--expires', 'soon'], /^error: .*duration such as 12h/],
  ])('is not made %s', async (_, options, message) => {
    const { code, stdout, stderr } = await tikmeter(['token', ...options, '--config', 'good.yaml'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
  })

  it('is not made when the config has only an issuer’s key', async () => {
    const { publicKey } = generateKeyPairSync('ed25519')
    write('issuer.pem', publicKey.export({ type: 'spki', format: 'pem' }).toString())
    write('issuer.yaml', 'auth: { public_key: { file: issuer.pem } }\ntenants: []\n')
    const { code, stderr } = await tikmeter(['token', '--admin', '--config', 'issuer.yaml'])
    expect(code).toBe(2)
    expect(stderr).toBe(
      'error: auth has no secret: only the issuer whose key is in the config can make tokens\n',
    )
  })

  it('is not made for longer than dates can express', async () => {
    const argv = ['token', '--admin', '--expires', '200000000d', '--config', 'good.yaml']
    const { code, stdout } = await tikmeter(argv)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })
})

describe('wrong use', () => {
  it.each([
    ['an unknown command', ['runn'], /^error: unknown command 'runn'/],
    ['an unknown option', ['check', '--fast'], /^error: unknown option '--fast'/],
    ['an argument too many', ['check', 'good.yaml'], /^error: too many arguments/],
    [
      'an option without its value',
      ['check', '--config'],
      /^error: option '--config <file>' argument missing/,
    ],
    ['no command', [], /^Usage: tikmeter/],
    [
      'a decision without a reason',
      ['credit', 'accept', '12'],
      /^error: required option '--reason <text>' not specified/,
    ],
    [
      'a decision with a blank reason',
      ['credit', 'accept', '12', '--reason', ' '],
      /It must be a text of at most 1000/,
    ],
    ['an unknown decision', ['credit', 'maybe', '12', '--reason', 'x'], /Allowed choices are accept, reject/],
    [
      'no event',
      ['credit', 'reject', '12a', '--reason', 'x'],
      /the id of an event, as `tikmeter events` prints it/,
    ],
    ['an impossible event id', ['credit', 'reject', '9'.repeat(19), '--reason', 'x'], /the id of an event/],
    [
      'events of a kind without bytes',
      ['events', '--kind', 'reboot'],
      /Allowed choices are quarantine, baseline/,
    ],
    [
      'a first day after the last',
      ['events', '--from', '2026-11-02', '--to', '2026-11-01', '--config', 'good.yaml'],
      /^error: --from is after --to\n$/,
    ],
  ])('%s', async (_, argv, message) => {
    const { code, stdout, stderr } = await tikmeter(argv)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
  })

  it('is reported in one line, followed by what to do', async () => {
    const wrong = "error: unknown command 'runn'\n(Did you mean run?)\n(see tikmeter --help)\n"
    expect((await tikmeter(['runn'])).stderr).toBe(wrong)
    expect(await tikmeterAlone(['runn'])).toEqual({ code: 2, stdout: '', stderr: wrong })
    expect((await tikmeter(['usage', '--form', '2026-11-01'])).stderr).toBe(
      "error: unknown option '--form'\n(Did you mean --from?)\n(see tikmeter usage --help)\n",
    )
  })
})

describe('--help and --version', () => {
  it('are short, and end there', async () => {
    const { code, stdout, stderr } = await tikmeter(['--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const command of ['run', 'check', 'migrate', 'token'])
      expect(stdout).toMatch(new RegExp(`^ +${command} `, 'm'))
    expect(stdout.split('\n').length).toBeLessThan(30)
    expect(stdout).not.toMatch(/^ +complete /m)
    expect(await tikmeter(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    })
  })
})

describe('the help of a command', () => {
  it.each([
    'run',
    'check',
    'add',
    'probe',
    'status',
    'health',
    'usage',
    'events',
    'credit',
    'migrate',
    'psql',
    'token',
    'completion',
  ])('%s is short, and has one to three examples', async command => {
    const { code, stdout, stderr } = await tikmeter([command, '--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.split('\n').length).toBeLessThan(26)
    const examples = stdout.split('\nExamples:\n')[1]?.trimEnd().split('\n') ?? []
    expect(examples.length).toBeGreaterThanOrEqual(1)
    expect(examples.length).toBeLessThanOrEqual(3)
    for (const example of examples) expect(example).toContain(`tikmeter ${command}`)
  })

  it('may be closed by its reader after the beginning', async () => {
    const child = spawnTikmeter(['help', 'usage'], {})
    child.stdout.destroy()
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})

describe('completion', () => {
  it('reads the config named in the environment, and offers nothing if it does not exist', async () => {
    const words = ['complete', '--', 'probe', 'acme']
    expect(await tikmeter(words, { TIKMETER_CONFIG: 'good.yaml' })).toEqual({
      code: 0,
      stdout: 'acme\t\nacme/hq\t\n',
      stderr: '',
    })
    expect(await tikmeter(words)).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  it('is only for known shells', async () => {
    const { code, stdout } = await tikmeter(['completion', 'csh'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })
})

function secondsLeft(exp: number | undefined): number {
  return (exp ?? 0) - Date.now() / 1000
}
