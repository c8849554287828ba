import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatFaults } from '../../../src/config/check.ts'
import { exposedSecret } from '../../../src/config/exposure.ts'
import { right } from '../../../src/config/fields/checked.ts'
import type { Files } from '../../../src/config/include/files.ts'
import { loadConfig, loadDatabase } from '../../../src/config/load.ts'
import { loadWarned } from '../../../src/config/load-warned.ts'
import { AUTH, ENV } from '../config-text.ts'

let folder: string
let main: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tikmeter-include-'))
  main = join(folder, 'tikmeter.yaml')
})

afterEach(() => rmSync(folder, { recursive: true }))

const INCLUDING = `${AUTH}\ninclude: [routers.d/*.yaml]\n`

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

function router(id: string, keys = ''): string {
  return `{ id: ${id}, host: ${id}.example, username: u, password: "x"${keys} }`
}

function tenant(id: string, ...routers: readonly string[]): string {
  return `tenants:\n  - id: ${id}\n    routers: [${routers.map(it => router(it)).join(', ')}]\n`
}

/** Each router as `tenant/router`, in the order of the config; or the faults, without the folder. */
function loaded(): readonly string[] {
  const result = loadConfig(main, ENV)
  return result.kind === 'loaded'
    ? result.config.tenants.flatMap(({ id, routers }) => routers.map(it => `${id}/${it.id}`))
    : formatFaults(result.faults).replaceAll(`${folder}/`, '').split('\n')
}

describe('a config with includes', () => {
  it('has the tenants of all files, in the order of their names, and joins the routers of a tenant', () => {
    write({
      'tikmeter.yaml': `${INCLUDING}tenants:\n  - { id: acme, name: Acme, timezone: Africa/Nairobi }\n`,
      'routers.d/20-more.yaml': tenant('acme', 'north'),
      'routers.d/10-hq.yaml': `${tenant('acme', 'hq')}  - { id: coast, routers: [${router('hq')}] }\n`,
      'routers.d/30-none.yaml': '# tenants: []\n',
      'routers.d/.hidden.yaml': 'nonsense',
      'routers.d/notes.txt': 'nonsense',
    })
    expect(loaded()).toEqual(['acme/hq', 'acme/north', 'coast/hq'])
    const result = loadConfig(main, ENV)
    expect(result).toMatchObject({
      config: {
        include: [join(folder, 'routers.d/*.yaml')],
        tenants: [{ name: 'Acme', timezone: 'Africa/Nairobi' }, { name: 'coast' }],
      },
    })
  })

  it('needs no tenants of its own, and may have any number of patterns, paths and files in them twice', () => {
    write({
      'tikmeter.yaml': `${AUTH}\ninclude: ["*.yaml", "${folder}/a/one.yaml", a/o?e.yaml, a/*.yaml]\n`,
      'a/one.yaml': tenant('acme', 'hq'),
      'a/two.yaml': tenant('acme', 'north'),
    })
    expect(loaded()).toEqual(['acme/hq', 'acme/north'])
  })

  it('follows links, as a ConfigMap has them', () => {
    write({ 'tikmeter.yaml': INCLUDING, 'routers.d/..v1/a.yaml': tenant('acme', 'hq') })
    symlinkSync('..v1', join(folder, 'routers.d/..data'))
    symlinkSync('..data/a.yaml', join(folder, 'routers.d/a.yaml'))
    expect(loaded()).toEqual(['acme/hq'])
  })

  it('is needed by no command that needs only the database', () => {
    write({ 'tikmeter.yaml': INCLUDING, 'routers.d/a.yaml': '{' })
    expect(loadDatabase(main, ENV).kind).toBe('loaded')
  })
})

describe('a fault', () => {
  it('in an included file is reported with that file, its line and its path, along with all others', () => {
    write({
      'tikmeter.yaml': `${INCLUDING}bucket: 2m\ntenants: []\n`,
      'routers.d/a.yaml': tenant('acme', 'hq'),
      'routers.d/b.yaml': `tenants:\n  - id: acme\n    routers:\n      - id: b\n        host: b.example\n        prot: 8728\n        username: u\n        password: "\${NOT_SET}"\n`,
      'routers.d/c.yaml': `tenants:\n  - id: acme\n    timezone: Mars\n    routers: []\n`,
    })
    expect(loaded()).toEqual([
      'tikmeter.yaml:3:1 bucket: must be one of 1m, 5m, 15m',
      'routers.d/b.yaml:6:9 tenants[0].routers[0].prot: is not a key of this block: did you mean port?',
      'routers.d/b.yaml:8:9 tenants[0].routers[0].password: needs NOT_SET from the environment, but it is unset or empty there: export it or add it to .env',
      'routers.d/c.yaml:3:5 tenants[0].timezone: must be an IANA timezone such as Africa/Nairobi',
    ])
  })

  it('is what two files say differently about a tenant; both places are named', () => {
    write({
      'tikmeter.yaml': `${INCLUDING}tenants:\n  - id: acme\n    name: Acme\n    schedule: "*/5 * * * * *"\n`,
      'routers.d/a.yaml': `tenants:\n  - id: acme\n    name: Acme\n    timezone: UTC\n    routers: []\n`,
      'routers.d/b.yaml': `tenants:\n  - id: acme\n    name: ACME\n    timezone: Africa/Nairobi\n`,
    })
    expect(loaded()).toEqual([
      'routers.d/b.yaml:3:5 tenants[0].name: differs from tenants[0].name in tikmeter.yaml:5: remove one of them, or make them the same',
      'routers.d/b.yaml:4:5 tenants[0].timezone: differs from tenants[0].timezone in routers.d/a.yaml:4: remove one of them, or make them the same',
    ])
  })

  it('is a router that two files have, and a tenant that one file has twice; both places are named', () => {
    write({
      'tikmeter.yaml': INCLUDING,
      'routers.d/a.yaml': tenant('acme', 'hq'),
      'routers.d/b.yaml': `${tenant('acme', 'north', 'hq')}  - { id: acme, routers: [] }\n`,
    })
    expect(loaded()).toEqual([
      'routers.d/b.yaml:3:81 tenants[0].routers[1].id: must be unique: tenants[0].routers[0] in routers.d/a.yaml:3 already has it',
      'routers.d/b.yaml:4:7 tenants[1].id: must be unique: tenants[0] in routers.d/a.yaml:2 already has it',
    ])
  })

  it('is any key of an included file but tenants', () => {
    write({
      'tikmeter.yaml': INCLUDING,
      'routers.d/a.yaml': `auth: { secret: x }\ninclude: [b.yaml]\n${tenant('acme', 'hq')}`,
      'routers.d/b.yaml': 'tenants: { id: acme }\n',
      'routers.d/c.yaml': '- id: acme\n',
    })
    expect(loaded()).toEqual([
      'routers.d/a.yaml:1:1 auth: does not belong here: an included file may only have tenants',
      'routers.d/a.yaml:2:1 include: does not belong here: an included file may only have tenants',
      'routers.d/b.yaml:1:1 tenants: must be a list of tenants, each with "- id:"; [] for none',
      'routers.d/c.yaml:1:1 must be a block with the key tenants',
    ])
  })

  it('of a file that is not YAML hides those that may only follow from it', () => {
    write({
      'tikmeter.yaml': `${INCLUDING}tenants: [{ id: acme }]\n`,
      'routers.d/a.yaml': 'tenants:\n\t- id: acme\n',
      'routers.d/b.yaml': 'tenants: [\n',
    })
    expect(loaded()).toEqual([
      expect.stringMatching(/^routers.d\/a.yaml:2:1 .*use spaces/),
      expect.stringMatching(/^routers.d\/b.yaml:2:1 .*close every/),
    ])
  })

  it('is a file that is named and missing, a link to nowhere, and a folder that cannot be read', () => {
    write({ 'tikmeter.yaml': `${AUTH}\ninclude: [one.yaml, a/*.yaml, tikmeter.yaml/*]\n`, 'a/x': '' })
    symlinkSync('nowhere', join(folder, 'a/b.yaml'))
    expect(loaded()).toEqual([
      'tikmeter.yaml:2:31 include[2]: cannot be read: ENOTDIR',
      'one.yaml:1:1 cannot be read: there is no such file',
      'a/b.yaml:1:1 cannot be read: there is no such file',
    ])
  })

  it.each([
    ['routers.d/*.yaml', 'include must be a list of files such as [routers.d/*.yaml]'],
    ['[routers.d/]', 'include[0] must be a file or a pattern such as routers.d/*.yaml: this is a folder'],
    ['["*/a.yaml"]', 'include[0] must have * and ? in the name of the file only'],
    ['["a/**"]', 'include[0] must have * and ? in the name of the file only'],
    ['[5]', 'include[0] must be a file or a pattern such as routers.d/*.yaml'],
  ])('is include: %s', (written, fault) => {
    write({ 'tikmeter.yaml': `${AUTH}\ninclude: ${written}\ntenants: []\n` })
    const result = loadConfig(main, ENV)
    const [first] = result.kind === 'faulty' ? result.faults : []
    expect(`${first?.path} ${first?.message}`).toContain(fault)
  })

  it('is more than 10,000 files, or more than 16 MiB in all', () => {
    const most = (names: readonly string[], text: string) => {
      const files: Files = {
        read: file => right(file.endsWith('tikmeter.yaml') ? INCLUDING : text),
        names: () => right(names),
      }
      return loadConfig('tikmeter.yaml', ENV, files)
    }
    const fault = { path: 'include[0]', message: expect.stringContaining('leads to more than 10000 files') }
    const names = Array.from({ length: 10_001 }, (_, index) => `${index}.yaml`)
    expect(most(names, '')).toMatchObject({ faults: [fault] })
    expect(most(names.slice(1), '')).toMatchObject({ kind: 'loaded' })
    const large = { path: 'include[0]', message: expect.stringContaining('more than 16777216 bytes') }
    expect(most(['a.yaml', 'b.yaml'], `# ${'-'.repeat(9 * 1024 * 1024)}`)).toMatchObject({ faults: [large] })
  })
})

describe('a warning', () => {
  it('is a pattern that matches no file', () => {
    write({ 'tikmeter.yaml': `${INCLUDING}tenants: []\n` })
    expect(loadWarned(main, ENV)).toMatchObject({
      kind: 'loaded',
      unmatched: [{ file: main, line: 2, path: 'include[0]', message: expect.stringContaining('no file') }],
    })
  })

  it('is a router in two files at one address; both are named', () => {
    write({
      'tikmeter.yaml': INCLUDING,
      'routers.d/a.yaml': tenant('acme', 'hq'),
      'routers.d/b.yaml': tenant('coast', 'hq'),
    })
    expect(loadWarned(main, ENV)).toMatchObject({
      shared: [
        {
          file: join(folder, 'routers.d/b.yaml'),
          message: expect.stringContaining(`(tenants[0].routers[0] in ${folder}/routers.d/a.yaml:3)`),
        },
      ],
    })
  })

  it('is a secret in plain text in any file that others may read', () => {
    write({ 'tikmeter.yaml': INCLUDING, 'routers.d/a.yaml': '', 'routers.d/b.yaml': tenant('acme', 'hq') })
    const include = [join(folder, 'routers.d/*.yaml')]
    expect(exposedSecret(main, include)).toMatchObject({
      file: join(folder, 'routers.d/b.yaml'),
      path: 'tenants[0].routers[0].password',
      message: expect.not.stringContaining('more file'),
    })
    renameSync(join(folder, 'routers.d/a.yaml'), join(folder, 'routers.d/x.yaml'))
    write({ 'routers.d/x.yaml': tenant('coast', 'hq') })
    expect(exposedSecret(main, include)?.message).toContain('1 more file')
  })
})
