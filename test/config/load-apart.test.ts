import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, inject, onTestFinished, test } from 'vitest'
import { AUTH, ENV } from './config-text.ts'

const ROUTERS = ['a', 'b'].map(id => `{ id: ${id}, host: 10.1.0.1, username: u, password: "\${PASSWORD}" }`)

/** A file that is large enough for a thread. */
const LARGE = `# ${'-'.repeat(40_000)}`

/** The results for these texts, in a process that loads them one after the other. */
async function loadedBy(texts: readonly string[]): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'tikmeter-apart-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const files = texts.map((text, index) => {
    const file = join(folder, `${index}.yaml`)
    writeFileSync(file, text)
    return file
  })
  const env = { ...process.env, ...ENV, PASSWORD: 'from the environment' }
  const { stdout } = await promisify(execFile)(process.execPath, [inject('loadingChild'), ...files], { env })
  return JSON.parse(stdout)
}

test('a thread loads a config with its secrets and warnings, or reports its faults, and can be interrupted', async () => {
  const loaded = await loadedBy([
    `${AUTH}\ntenants: [{ id: acme, routers: [${ROUTERS.join(', ')}] }]\n${LARGE}\n`,
    `${AUTH}\ntenants: [{ id: acme, routers: [] }, { id: acme }]\n${LARGE}\n`,
  ])
  const fault = { line: 2, message: expect.any(String) }
  expect(loaded).toMatchObject({
    passwords: ['from the environment', 'from the environment'],
    all: [
      { kind: 'loaded', shared: [{ ...fault, path: 'tenants[0].routers[1].host' }] },
      {
        kind: 'faulty',
        faults: [
          { ...fault, path: 'tenants[1].routers' },
          { ...fault, path: 'tenants[1].id' },
        ],
      },
      'broken off',
      'broken off',
    ],
  })
})
