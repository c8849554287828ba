import { randomBytes } from 'node:crypto'
import { chown, link, open, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PasswordLost } from './embedded-errors.ts'
import type { Home } from './embedded-home.ts'
import type { Listening } from './embedded-listening.ts'

/** The superuser of the cluster, and the name of the database in it. */
export const USER = 'tikmeter'

export function passwordFile(folder: string): string {
  return join(folder, 'password')
}

/** Linked into place when it is whole; of two processes that start at once, one wins and both use its password. */
export async function makePassword({ folder, account }: Home): Promise<void> {
  const whole = passwordFile(folder)
  const partial = `${whole}.${process.pid}-${randomBytes(4).toString('hex')}`
  const file = await open(partial, 'wx', 0o600)
  try {
    await file.writeFile(`${randomBytes(24).toString('base64url')}\n`)
    await file.sync()
    if (account) await chown(partial, account.uid, account.gid)
    await link(partial, whole)
  } catch (error) {
    if (!(await stat(whole).catch(() => undefined))) throw error
  } finally {
    await file.close()
    await rm(partial, { force: true })
  }
}

/**
 * Where to connect to the cluster in `folder`; carries the password.
 * @throws PasswordLost
 */
export async function urlOf(
  folder: string,
  listening: Listening,
  database: 'tikmeter' | 'postgres',
): Promise<string> {
  const password = await readFile(passwordFile(folder), 'utf8').catch(() => undefined)
  if (password === undefined) throw new PasswordLost(passwordFile(folder))
  const user = `${USER}:${password.trim()}`
  if (listening.kind === 'tcp') return `postgres://${user}@127.0.0.1:${listening.port}/${database}`
  // What pg and libpq both take for the folder of a socket; the host before it is not looked at then.
  const host = encodeURIComponent(listening.folder)
  return `postgres://${user}@localhost:${listening.port}/${database}?host=${host}`
}
