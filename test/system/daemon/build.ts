import { execFile } from 'node:child_process'
import { access, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url))

/**
 * Compiles the daemon as `npm run build` does, into a folder of its own: what is tried is what runs at an
 * operator's, not what tsx makes of it. What it looks for beside itself is linked.
 * @returns the path of its `cli.js`
 */
export async function buildDaemon(folder: string, say: (line: string) => void): Promise<string> {
  await mkdir(folder, { recursive: true })
  const cli = join(folder, 'dist', 'cli.js')
  try {
    const tsc = join(PROJECT, 'node_modules', '.bin', 'tsc')
    await promisify(execFile)(tsc, ['-p', 'src/tsconfig.json', '--outDir', join(folder, 'dist')], {
      cwd: PROJECT,
    })
  } catch (error) {
    // Errors of types keep nobody from running what was compiled.
    await access(cli)
    say(`compiled with errors: ${error instanceof Error ? error.message.split('\n', 1) : String(error)}`)
  }
  for (const name of ['node_modules', 'drizzle', 'package.json'])
    await symlink(join(PROJECT, name), join(folder, name))
  return cli
}
