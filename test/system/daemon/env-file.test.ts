// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a reference to the environment is written like that

import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { stringify } from 'yaml'
import { startRouter } from '../../harness/fleet/opened.ts'
import { createScratchDatabase, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import { DaemonProcess } from './daemon-process.ts'
import { SECRET, until } from './scene.ts'

let folder: string
let database: ScratchDatabase
let daemon: DaemonProcess | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tikmeter-env-'))
  database = await createScratchDatabase()
})

afterEach(async () => {
  await daemon?.end('SIGTERM')
  daemon = undefined
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})

test('a router is read whose password was added to .env while the daemon ran, and the real environment wins', async () => {
  const router = await startRouter({ users: [{ name: 'usage', password: 'of hq', policy: ['read', 'api'] }] })
  const { host, port } = router
  const config = (routers: readonly object[]) =>
    stringify({
      database: { url: database.url },
      journal: { directory: join(folder, 'journal') },
      server: { port: 0 },
      auth: { secret: '${TIKMETER_SECRET}' },
      poll: { schedule: '* * * * * *' },
      tenants: [{ id: 'acme', routers }],
    })
  await writeFile(join(folder, 'tikmeter.yaml'), config([]))
  await writeFile(join(folder, '.env'), 'TIKMETER_SECRET=too short\n')
  // The working directory of the daemon is the one with `.env`.
  const there = ['sh', '-c', 'cd "$0" && exec "$@"', folder]
  const env = { TIKMETER_SECRET: SECRET }
  daemon = await DaemonProcess.start(join(folder, 'tikmeter.yaml'), logFile(), env, [inject('cli')], there)

  const read = router.nextCommand('/ip/hotspot/active/print')
  const hq = { id: 'hq', host, port, username: 'usage', password: '${HQ_PASSWORD}' }
  await writeFile(join(folder, 'tikmeter.yaml'), config([hq]))
  await until('the variable is missed', () => logged('needs HQ_PASSWORD from the environment').length > 0)
  await writeFile(join(folder, '.env'), 'TIKMETER_SECRET=still too short\nHQ_PASSWORD=of hq\n')
  await until('the config is applied', () => logged('config reloaded').length > 0)
  await read
  expect(logged('config not reloaded')).toHaveLength(1)
})

function logged(words: string): readonly string[] {
  return readFileSync(logFile(), 'utf8')
    .split('\n')
    .filter(line => line.includes(words))
}

function logFile(): string {
  return join(folder, 'tikmeter.log')
}
