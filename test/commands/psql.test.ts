import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { stringify } from 'yaml'
import { embeddedAt, makeHomeAt, removeHome } from '../postgres/embedded-scene.ts'

/** Programs that are needed to make files as another account. */
const TOOLS = ['id', 'test', 'sh', 'mv', 'rm', 'dd', 'ln']
/** Prints its environment, except for the password. */
const FAKE = `#!/bin/sh
echo "$PGUSER $PGDATABASE $# $(test -n "$PGPASSWORD" && echo password)"
test -S "$PGHOST/.s.PGSQL.$PGPORT" && echo socket
exit 3
`

let folder: string
let directory: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tikmeter-psql-'))
  // As root, PostgreSQL runs as another user.
  await chmod(folder, 0o711)
  directory = join(folder, 'postgres')
  await makeHomeAt(directory)
  for (const place of ['tools', 'fake']) await mkdir(join(folder, place))
  for (const tool of TOOLS) await symlink(`/usr/bin/${tool}`, join(folder, 'tools', tool))
  await writeFile(join(folder, 'fake', 'psql'), FAKE, { mode: 0o755 })
  await writeFile(join(folder, 'own.yaml'), stringify({ database: { directory } }))
  await writeFile(join(folder, 'other.yaml'), stringify({ database: { url: 'postgres://x:y@localhost/z' } }))
})

afterAll(async () => {
  await removeHome(directory)
  await rm(folder, { recursive: true, force: true })
})

function psql(config: string, places: readonly string[]): Promise<{ code: unknown; said: string }> {
  const env = { PATH: places.map(it => join(folder, it)).join(':') }
  const args = [inject('cli'), 'psql', '--config', join(folder, config)]
  return new Promise(resolve => {
    execFile(process.execPath, args, { env, cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, said: stdout + stderr }),
    )
  })
}

const OPENED = 'tikmeter_daemon tikmeter 0 password\nsocket\n'

test('psql opens the embedded database, which is started if it is not running', async () => {
  expect(await psql('own.yaml', ['fake', 'tools'])).toEqual({ code: 3, said: OPENED })
  const postgres = embeddedAt(directory)
  await postgres.start()
  try {
    expect(await psql('own.yaml', ['fake', 'tools'])).toEqual({ code: 3, said: OPENED })
  } finally {
    await postgres.stop()
  }
})

test('without psql the error says what to install', async () => {
  const { code, said } = await psql('own.yaml', ['tools'])
  expect(code).toBe(1)
  expect(said).toContain('install a PostgreSQL client')
})

test('psql is not opened on a database of the operator', async () => {
  const { code, said } = await psql('other.yaml', ['fake', 'tools'])
  expect(code).toBe(2)
  expect(said).toBe('error: database.url is set: run psql with that URL\n')
})
