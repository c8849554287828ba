import { findHome } from './embedded-home.ts'
import { urlOf } from './embedded-password.ts'
import { findPostmaster } from './embedded-postmaster.ts'

/**
 * Where to connect to the database that a daemon keeps running in `directory`, for a command that only asks;
 * `undefined` where none is running, or it only begins to.
 * @throws PasswordLost
 */
export async function findRunning(directory: string): Promise<string | undefined> {
  const home = await findHome(directory)
  if (!home) return undefined
  const running = await findPostmaster(home)
  return running?.listening && urlOf(home, running.listening, 'tikmeter')
}
