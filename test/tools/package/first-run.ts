import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import type { SimulatedRouter } from '../../harness/fleet/simulated-router.ts'
import type { Account } from './account.ts'
import type { OtherNode } from './other-node.ts'
import { Prompt } from './prompt.ts'

export interface FirstRun {
  readonly title: string
  /** The package file. */
  readonly packed: string
  /** The account that installs it, into a new folder. */
  readonly installer: Account
  readonly prefix: string
  /** Options of npm, such as `--ignore-scripts`. */
  readonly options: readonly string[]
  /** The account that runs it, in a new folder. */
  readonly account: Account
  readonly folder: string
  /** Another Node than that of this machine. */
  readonly node?: OtherNode
  /** The second one refuses the password. */
  readonly routers: readonly [SimulatedRouter, SimulatedRouter]
}

/**
 * The steps of a new user, from the package file to the first usage, and to the end of the daemon.
 * @throws Error if anything else happens
 */
export async function firstRun(run: FirstRun): Promise<void> {
  const { title, packed, installer, prefix, options, account, folder, node, routers } = run
  const say = (text: string) => console.log(text)
  say(`\n=== ${title}\n`)
  for (const [path, owner] of [
    [prefix, installer],
    [folder, account],
  ] as const) {
    mkdirSync(path)
    chownSync(path, owner.uid, owner.gid)
  }
  copyFileSync(packed, join(folder, basename(packed)))
  chmodSync(join(folder, basename(packed)), 0o644)
  const programs = [join(prefix, 'bin'), ...(node ? [node.folder] : [])].join(':')
  const database = join(folder, 'data', 'postgres')
  const install = ['npm', 'install', '-g', '--prefix', prefix, ...options, `./${basename(packed)}`].join(' ')
  await new Prompt({ account: installer, folder, programs, say }).type(install, 0, [/added \d+ packages/])

  const prompt = new Prompt({ account, folder, programs, say })
  if (node) await prompt.type('node --version', 0, [new RegExp(`^v${node.version}\\.`)])
  await prompt.type('tikmeter --version', 0, [/^\d+\.\d+\.\d+\n$/])
  await prompt.type('tikmeter check', 2, [/config\/tikmeter\.yaml/])
  write(run, 'config/tikmeter.yaml', configOf(routers))
  write(run, '.env', 'TIKMETER_SECRET=a secret of thirty-two bytes or more\nHQ_PASSWORD=secret\n')
  await prompt.type('cat config/tikmeter.yaml', 0, [])
  await prompt.type('tikmeter check', 0, [/^ok: 1 tenant, 2 routers\n/])
  await prompt.type('tikmeter probe', 1, [
    /acme\/hq .* ok\n/,
    /hotspot +1 online, 1 with counters/,
    /acme\/north .* FAILED\n +✗ invalid user name or password/,
    /1 of 2 can be read/,
  ])
  try {
    const daemon = await prompt.start('tikmeter run', /tikmeter is running/)
    await prompt.typeUntil('tikmeter status', /acme\/north +offline[\s\S]*acme\/hq +online/)
    await prompt.typeUntil('tikmeter usage --by user', /acme +bob +\d[\s\S]*acme +ann +\d/)
    await prompt.end(daemon)
    if (existsSync(join(database, 'data', 'postmaster.pid'))) throw new Error('PostgreSQL was left running')
    const isCopied = readdirSync(database).some(it => it.startsWith('native-'))
    if (isCopied !== (installer.uid !== account.uid))
      throw new Error(`PostgreSQL was${isCopied ? '' : ' not'} copied from where it was installed`)
    await prompt.type('tikmeter usage --by router', 0, [/acme +hq +\d/])
    await prompt.type('tikmeter status', 1, [/^error: no daemon/])
  } finally {
    await prompt.leave()
    // As root, the database is in another folder.
    if (existsSync(database)) rmSync(realpathSync(database), { recursive: true })
  }
}

function write({ account, folder }: FirstRun, name: string, text: string): void {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text, { mode: 0o600 })
  chownSync(path, account.uid, account.gid)
  chownSync(join(path, '..'), account.uid, account.gid)
}

function configOf(routers: readonly SimulatedRouter[]): string {
  const [hq, north] = routers
  return `auth: { secret: "\${TIKMETER_SECRET}" }
server: { port: 0 }
commit: { interval: 2s }
tenants:
  - id: acme
    name: Acme WISP
    timezone: Africa/Nairobi
    routers:
      - { id: hq, host: ${hq?.host}, port: ${hq?.port}, username: usage, password: "\${HQ_PASSWORD}" }
      - { id: north, host: ${north?.host}, port: ${north?.port}, username: usage, password: "\${HQ_PASSWORD}" }
`
}
