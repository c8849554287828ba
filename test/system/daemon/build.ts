import { execFile } from 'node:child_process'
import { access, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url))

/**
 * Compiles the daemon into a separate folder as `npm run build` does, so that tests run what operators run, not what
 * tsx makes of it. What it looks for beside itself is linked.
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
    // Type errors do not prevent the compiled program from running.
    await access(cli)
    say(`compiled with errors: ${error instanceof Error ? error.message.split('\n', 1) : String(error)}`)
  }
  for (const name of ['node_modules', 'drizzle', 'package.json'])
    await symlink(join(PROJECT, name), join(folder, name))
  return cli
}
