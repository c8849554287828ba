import { chmod, lstat, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Account, runProgram } from './program.ts'

/**
 * A folder of ours that every user can enter, for what can't stay in the project's: under `/var/lib`, else in the
 * temporary folder. Only root needs one.
 * @returns `undefined` where there is no such folder
 */
export async function sharedPlace(account: Account): Promise<string | undefined> {
  for (const place of ['/var/lib/tikmeter', join(tmpdir(), 'tikmeter-0')]) {
    try {
      await mkdir(place, { recursive: true })
      // In a folder that all may write to, somebody else may have been first.
      const { uid, mode } = await lstat(place)
      if (uid !== process.getuid?.() || (mode & 0o022) !== 0) continue
      await chmod(place, 0o755)
    } catch {
      continue // Read-only, or not ours: the next one.
    }
    const { exitCode } = await runProgram('test', ['-x', place], account)
    if (exitCode === 0) return place
  }
  return undefined
}
