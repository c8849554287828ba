import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { User } from './command.ts'

/** The kernel's own user for who may do nothing. */
const NOBODY: User = { uid: 65_534, gid: 65_534 }

/** Who has no rights of root's: we ourselves, or as root somebody else, who has to be able to read the sources. */
export async function ordinaryUser(): Promise<User | string> {
  if (process.getuid?.() !== 0) return {}
  const look = ['-e', 'require("node:fs").accessSync("src/cli.ts")']
  try {
    await promisify(execFile)(process.execPath, look, { ...NOBODY })
    return NOBODY
  } catch {
    return 'nobody but root can read the sources here'
  }
}
