import { findHome } from './home.ts'
import { daemonUrl, superuserUrl } from './password.ts'
import { findPostmaster } from './postmaster.ts'

/**
 * Where to connect to the database that a daemon keeps running in `directory`, for a command that only asks;
 * `undefined` where none is running, or it only begins to.
 * @throws PasswordLost
 */
export async function findRunning(directory: string): Promise<string | undefined> {
  const home = await findHome(directory)
  if (!home) return undefined
  const running = await findPostmaster(home)
  if (!running?.listening) return undefined
  const url = await daemonUrl(home, running.listening)
  return url ?? superuserUrl(home, running.listening, 'tikmeter')
}
