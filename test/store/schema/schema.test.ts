import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

/** What `npm run db:generate` would add to the migrations, made in another folder. */
function generate(schema: readonly string[]): { output: string; added: readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'tikmeter-generate-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  cpSync('drizzle/migrations', join(folder, 'migrations'), { recursive: true })
  const config = { dialect: 'postgresql', schema: schema.map(file => resolve(file)), out: 'migrations' }
  writeFileSync(join(folder, 'drizzle.config.ts'), `export default ${JSON.stringify(config)}\n`)
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [resolve('node_modules/drizzle-kit/bin.cjs'), 'generate', '--config', 'drizzle.config.ts'],
    { cwd: folder, encoding: 'utf8', timeout: 25_000 },
  )
  const before = readdirSync('drizzle/migrations')
  const added = readdirSync(join(folder, 'migrations')).filter(name => !before.includes(name))
  return { output: stdout + stderr, added }
}

test('the migrations make the tables that the code has', () => {
  const { output, added } = generate([
    'src/store/schema/columns.ts',
    'src/store/schema/schema.ts',
    'src/store/schema/alert-schema.ts',
    'src/store/schema/decision-schema.ts',
    'src/store/schema/daemon-schema.ts',
  ])
  expect(output).toContain('No schema changes')
  expect(added).toEqual([])
})
