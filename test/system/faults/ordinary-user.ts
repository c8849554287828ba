import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { inject } from 'vitest'
import type { User } from './command.ts'

/** The kernel's user without any rights. */
const NOBODY: User = { uid: 65_534, gid: 65_534 }

/** A user without root's rights: the current one, or for root another one, who must be able to run the build. */
export async function ordinaryUser(): Promise<User | string> {
  if (process.getuid?.() !== 0) return {}
  const look = [inject('cli'), '--version']
  try {
    await promisify(execFile)(process.execPath, look, { ...NOBODY })
    return NOBODY
  } catch {
    return 'nobody but root can read the project here'
  }
}
