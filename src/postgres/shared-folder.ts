import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Account, runProgram } from './program.ts'
import { type Reached, reach } from './reach.ts'

export const SHARED_PLACES = ['/var/lib/tikmeter', join(tmpdir(), 'tikmeter-0')]

/**
 * A folder of ours that every user can enter, for files that cannot stay in the project's folder: in `/var/lib`, else
 * in the temporary folder. Only root needs one.
 * @returns `undefined` if there is no such folder
 */
export async function sharedPlace(account: Account): Promise<string | undefined> {
  for (const place of SHARED_PLACES) {
    // If it is read-only or not ours, try the next one.
    if (!(await isMade(place).catch(() => false))) continue
    const { exitCode } = await runProgram('test', ['-x', place], account)
    if (exitCode === 0) return place
  }
  return undefined
}

async function isMade(place: string): Promise<boolean> {
  const made = await reach(place)
  try {
    return await isOpenedToAll(made)
  } finally {
    await made.handle.close()
  }
}

/** In a folder that everybody may write to, somebody else may have created it first. */
async function isOpenedToAll({ handle }: Reached): Promise<boolean> {
  const { uid, mode } = await handle.stat()
  if (uid !== 0 || (mode & 0o022) !== 0) return false
  await handle.chmod(0o755)
  return true
}
