import { findHome } from './home.ts'
import { daemonUrl, superuserUrl } from './password.ts'
import { findPostmaster } from './postmaster.ts'

/**
 * The connection URL of the database that a daemon keeps running in `directory`, for commands that only query.
 * Returns `undefined` if none is running or it is still starting.
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
