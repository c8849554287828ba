import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { urlOf } from './embedded-password.ts'
import { findPostmaster } from './embedded-postmaster.ts'

/**
 * Where to connect to the database that a daemon keeps running in `directory`, for a command that only asks;
 * `undefined` where none is running, or it only begins to.
 * @throws PasswordLost
 */
export async function findRunning(directory: string): Promise<string | undefined> {
  const folder = await realpath(directory).catch(() => undefined)
  if (folder === undefined) return undefined
  const running = await findPostmaster(join(folder, 'data'))
  return running?.listening && urlOf(folder, running.listening, 'tikmeter')
}
