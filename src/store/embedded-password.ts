import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { PasswordLost } from './embedded-errors.ts'
import { AccountFiles } from './embedded-files.ts'
import type { Home } from './embedded-home.ts'
import type { Listening } from './embedded-listening.ts'

/** The superuser of the cluster, and the name of the database in it. */
export const USER = 'tikmeter'

export function passwordFile(folder: string): string {
  return join(folder, 'password')
}

/** Of two processes that start at once, both use the password of one. */
export async function makePassword({ folder, account }: Home): Promise<void> {
  await new AccountFiles(account).make(passwordFile(folder), `${randomBytes(24).toString('base64url')}\n`)
}

/**
 * Where to connect to the cluster of a home; carries the password.
 * @throws PasswordLost
 */
export async function urlOf(
  { folder, account }: Home,
  listening: Listening,
  database: 'tikmeter' | 'postgres',
): Promise<string> {
  const password = await new AccountFiles(account).read(passwordFile(folder))
  if (password === undefined) throw new PasswordLost(passwordFile(folder))
  const user = `${USER}:${password.trim()}`
  if (listening.kind === 'tcp') return `postgres://${user}@127.0.0.1:${listening.port}/${database}`
  // What pg and libpq both take for the folder of a socket; the host before it is not looked at then.
  const host = encodeURIComponent(listening.folder)
  return `postgres://${user}@localhost:${listening.port}/${database}?host=${host}`
}
