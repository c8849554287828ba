import { execFile } from 'node:child_process'
import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url))

/**
 * Compiles the daemon into a separate folder as `npm run build` does, so that tests run what operators run, not what
 * tsx makes of it. What it looks for beside itself is linked.
 * @returns the path of its `cli.js`
 */
export async function buildDaemon(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const out = join(folder, 'dist')
  await promisify(execFile)('npm', ['run', 'build:daemon', '--silent', '--', `--outdir=${out}`], {
    cwd: PROJECT,
  })
  for (const name of ['node_modules', 'drizzle', 'package.json'])
    await symlink(join(PROJECT, name), join(folder, name))
  return join(out, 'cli.js')
}
