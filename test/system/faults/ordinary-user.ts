import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { inject } from 'vitest'
import type { User } from './command.ts'

/** The kernel's own user for who may do nothing. */
const NOBODY: User = { uid: 65_534, gid: 65_534 }

/** Who has no rights of root's: we ourselves, or as root somebody else, who has to be able to run what was built. */
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
