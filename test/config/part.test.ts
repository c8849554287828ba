// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a reference to the environment is written like that

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatFaults } from '../../src/config/check.ts'
import { loadDatabase, loadJournal } from '../../src/config/load.ts'

let directory: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tikmeter-part-'))
})

afterAll(() => {
  rmSync(directory, { recursive: true })
})

function fileWith(text: string): string {
  const file = join(directory, 'tikmeter.yaml')
  writeFileSync(file, text)
  return file
}

/** A file that the daemon would refuse: a router without a host, whose password file does not exist. */
const FAULTY = `
auth: { secret: "\${NOT_SET}" }
tenants: [{ id: acme, routers: [{ id: hq, username: usage, password: "\${NOT_SET_EITHER}" }] }]
`

describe('a part of the config', () => {
  it('is read despite faults in the rest, and without its secrets', () => {
    const file = fileWith(`journal: { directory: /var/lib/journal }\n${FAULTY}`)
    const journal = loadJournal(file, {})
    expect(journal).toEqual({
      kind: 'loaded',
      config: { directory: '/var/lib/journal', maxBytes: 1024 ** 3 },
    })
    expect(loadDatabase(file, {})).toMatchObject({
      config: { kind: 'embedded', directory: resolve('data/postgres') },
    })
  })

  it('has its faults reported like those of the whole, with line and path', () => {
    const file = fileWith(`database:\n  url: "\${DATABASE_URL}"\n  directry: x\n${FAULTY}`)
    const database = loadDatabase(file, {})
    if (database.kind === 'loaded') throw new Error('a fault was not found')
    expect(formatFaults(database.faults).replaceAll(file, '')).toMatch(
      /^:2:3 database\.url: needs DATABASE_URL from the environment.*\n:3:3 database\.directry: .*did you mean directory\?$/,
    )
  })

  it('may have variables where several daemons of one config differ', () => {
    const file = fileWith(`journal: { directory: "/var/lib/journal-\${INSTANCE}" }\n${FAULTY}`)
    expect(loadJournal(file, { INSTANCE: '2' })).toMatchObject({
      config: { directory: '/var/lib/journal-2' },
    })
    const unset = loadJournal(file, {})
    if (unset.kind === 'loaded') throw new Error('a fault was not found')
    expect(formatFaults(unset.faults)).toContain('journal.directory: needs INSTANCE from the environment')
  })

  it('cannot be read from a text that is not YAML', () => {
    expect(loadJournal(fileWith('journal: ['), {}).kind).toBe('faulty')
    expect(loadJournal(join(directory, 'missing.yaml'), {}).kind).toBe('faulty')
  })
})
