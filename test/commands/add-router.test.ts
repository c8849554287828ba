// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a reference to the environment is written like that

import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { addRouter } from '../../src/commands/add-router.ts'
import type { AddOptions } from '../../src/commands/arguments.ts'
import type { Prompt } from '../../src/commands/prompt.ts'
import type { Environment } from '../../src/config/fields/variables.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { SECRET } from '../config/config-text.ts'
import { serverIdentity } from '../harness/fleet/certificate.ts'
import { SimulatedRouter } from '../harness/fleet/simulated-router.ts'

const PASSWORD = 'hunter2 ${not a variable}'
const ENV = { TIKMETER_SECRET: SECRET }
const USERS = [{ name: 'usage', password: PASSWORD, policy: ['read', 'api'] }]
const CONFIG = `auth: { secret: "\${TIKMETER_SECRET}" }
include: [more/*.yaml]
tenants:
  - id: acme   # ours
    routers: []   # none yet
    # alerts: []
`

let folder: string
let file: string
let ends: (() => Promise<void>)[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tikmeter-add-'))
  file = join(folder, 'tikmeter.yaml')
  writeFileSync(file, CONFIG, { mode: 0o640 })
  ends = []
})

afterEach(async () => {
  for (const end of ends) await end()
  rmSync(folder, { recursive: true })
})

async function startRouter(hasTls: boolean): Promise<SimulatedRouter> {
  const router = new SimulatedRouter({ users: USERS, ...(hasTls ? { tls: serverIdentity() } : {}) })
  await router.start()
  ends.push(() => router.stop())
  return router
}

/** Runs the command. `answers` are those to its questions; none: there is no terminal. */
async function add(options: Partial<AddOptions>, answers?: readonly string[], more: Environment = {}) {
  const shown: string[] = []
  const asked: string[] = []
  const left = [...(answers ?? [])]
  const answer = async (question: string) => {
    asked.push(question)
    return left.shift() ?? ''
  }
  const prompt: Prompt = {
    isAsking: answers !== undefined,
    ask: async (question, usual) => (await answer(question)) || (usual ?? ''),
    askHidden: answer,
    isConfirmed: async (question, usual) => ((await answer(question)) || (usual ? 'y' : 'n')) === 'y',
    input: async () => PASSWORD,
  }
  const print = (text: string) => void shown.push(text)
  const isAdded = await addRouter({
    options: { config: file, ...options },
    ...{
      env: { ...ENV, ACME_HQ_PASSWORD: PASSWORD, ...more },
      prompt,
      clock: systemClock,
      signal: new AbortController().signal,
    },
    terminal: { columns: undefined, print, repaint: print, progress: () => {} },
  }).catch((error: unknown) => String(error))
  return { isAdded, shown: shown.join('\n'), asked }
}

function flags({ port }: SimulatedRouter): Partial<AddOptions> {
  return { tenant: 'acme', id: 'hq', host: '127.0.0.1', port, passwordStdin: true }
}

test('a router with TLS is added with its certificate and the name of a variable, and nothing else changes', async () => {
  const router = await startRouter(true)
  const { isAdded, shown } = await add(flags(router), undefined, { ACME_HQ_PASSWORD: '' })
  expect({ isAdded, shown }).toMatchObject({ isAdded: true })
  const fingerprint = /sha256 +([0-9a-f]{64})/.exec(shown)?.[1]
  expect(readFileSync(file, 'utf8')).toBe(
    CONFIG.replace(
      ' []   # none yet\n',
      `   # none yet
      - id: hq
        host: 127.0.0.1
        port: ${router.port}
        tls: { fingerprint: ${fingerprint} }
        username: usage
        password: \${ACME_HQ_PASSWORD}
`,
    ),
  )
  expect(statSync(file).mode & 0o777).toBe(0o640)
  expect(shown).toContain('ACME_HQ_PASSWORD=…')
  expect(shown).not.toContain('hunter2')
})

test('what was not given is asked, and a router without TLS only added if that is confirmed', async () => {
  const router = await startRouter(false)
  const answers = ['', 'hq', '127.0.0.1', '', PASSWORD]
  const refused = await add({ port: router.port }, [...answers, 'n'])
  expect(refused).toMatchObject({ isAdded: false, shown: expect.stringContaining('warning: no TLS') })
  expect(refused.asked).toEqual([
    ...['tenant', 'id of the router, for good', 'host', 'user', 'password', 'go on without TLS?'],
  ])
  expect(router.logins).toBe(0)
  expect(readFileSync(file, 'utf8')).toBe(CONFIG)
  expect(await add({ port: router.port }, [...answers, 'y'])).toMatchObject({ isAdded: true })
  expect(readFileSync(file, 'utf8')).not.toContain('tls')
}, 30_000)

test('a certificate that is not confirmed is sent no password', async () => {
  const router = await startRouter(true)
  const { isAdded } = await add({ ...flags(router), user: 'usage' }, ['n'])
  expect({ isAdded, logins: router.logins }).toEqual({ isAdded: false, logins: 0 })
})

test('the password is written only if that is wanted, or is the content of a file', async () => {
  const router = await startRouter(true)
  await add({ ...flags(router), plain: true })
  expect(readFileSync(file, 'utf8')).toContain('password: hunter2 $${not a variable}\n')
  chmodSync(file, 0o644)
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, `${PASSWORD}\n`)
  const { passwordStdin: _, ...others } = flags(router)
  const { shown } = await add({ ...others, id: 'north', passwordFile })
  expect(readFileSync(file, 'utf8')).toContain(`password: { file: ${passwordFile} }\n`)
  expect(shown).toContain('warning: acme/hq has the same address')
  expect(await add({ ...flags(router), id: 'x', plain: true })).toMatchObject({
    shown: expect.stringContaining('chmod 640'),
  })
})

test('a variable that has another value is not taken', async () => {
  const router = await startRouter(true)
  await add(flags(router), undefined, { ACME_HQ_PASSWORD: 'of another router' })
  expect(readFileSync(file, 'utf8')).toContain('${ACME_HQ_PASSWORD_2}')
})

test('it may be written to a new file that the config includes, and to no other', async () => {
  const router = await startRouter(true)
  const other = join(folder, 'other.yaml')
  expect(await add({ ...flags(router), file: other })).toMatchObject({
    isAdded: expect.stringContaining('is not a file of'),
  })
  const included = join(folder, 'more', 'acme.yaml')
  expect(await add({ ...flags(router), file: included })).toMatchObject({
    isAdded: expect.stringContaining('create the folder first'),
  })
  mkdirSync(join(folder, 'more'))
  expect(await add({ ...flags(router), file: included })).toMatchObject({ isAdded: true })
  expect(readFileSync(included, 'utf8')).toMatch(/^tenants:\n {2}- id: acme\n {4}routers:\n {6}- id: hq\n/)
  expect(statSync(included).mode & 0o777).toBe(0o640)
  expect(readFileSync(file, 'utf8')).toBe(CONFIG)
})

test.each<[string, Partial<AddOptions>, RegExp]>([
  ['a tenant that is not in the config', { tenant: 'acne' }, /no tenant "acne".*did you mean "acme"/],
  ['an id that is none', { id: 'a b' }, /id must be letters/],
  ['a host with a port', { host: '10.1.0.1:8728' }, /host must be .* without a port/],
  ['no password', { passwordStdin: false }, /give the password by --password-stdin or --password-file/],
])('it is wrong to give %s', async (_, options, message) => {
  const given = { tenant: 'acme', id: 'hq', host: '127.0.0.1', port: 1, passwordStdin: true, ...options }
  expect((await add(given)).isAdded).toMatch(message)
})

test('without a terminal, everything has to be given', async () => {
  expect((await add({ host: 'a' })).isAdded).toMatch(/give --tenant, --id: there is no terminal/)
})

test('a router that refuses the login, or does not answer, is not added', async () => {
  const router = await startRouter(true)
  const refused = await add({ ...flags(router), user: 'nobody' })
  expect(refused).toMatchObject({ isAdded: false, shown: expect.stringContaining('nothing was written') })
  await router.stop()
  expect(await add(flags(router))).toMatchObject({
    isAdded: false,
    shown: expect.stringContaining('no API at 127.0.0.1'),
  })
  expect(readFileSync(file, 'utf8')).toBe(CONFIG)
})
