import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { PasswordLost } from './errors.ts'
import { AccountFiles } from './files.ts'
import type { Home } from './home.ts'
import type { Listening } from './listening.ts'

/** The superuser of the cluster. */
export const SUPERUSER = 'tikmeter'
/** The owner of the database `tikmeter`, and of nothing else. */
export const DAEMON = 'tikmeter_daemon'

type Role = typeof SUPERUSER | typeof DAEMON

const FILES: Readonly<Record<Role, string>> = { [SUPERUSER]: 'password', [DAEMON]: 'password.daemon' }

export function passwordFile(folder: string, role: Role): string {
  return join(folder, FILES[role])
}

export function newPassword(): string {
  return randomBytes(24).toString('base64url')
}

/** Makes the superuser's. Of two processes that start at once, both use the password of one. */
export async function makePassword({ folder, account }: Home): Promise<void> {
  await new AccountFiles(account).make(passwordFile(folder, SUPERUSER), `${newPassword()}\n`)
}

/**
 * Where to connect as the daemon's role; carries the password.
 * @returns `undefined` where the role has none yet: as a release left it that knew only the superuser
 */
export async function daemonUrl(home: Home, listening: Listening): Promise<string | undefined> {
  const password = await passwordOf(home, DAEMON)
  return password === undefined ? undefined : urlFor(DAEMON, password, listening, 'tikmeter')
}

/**
 * Where to connect as the superuser; carries the password.
 * @throws PasswordLost
 */
export async function superuserUrl(
  home: Home,
  listening: Listening,
  database: 'tikmeter' | 'postgres',
): Promise<string> {
  const password = await passwordOf(home, SUPERUSER)
  if (password === undefined) throw new PasswordLost(passwordFile(home.folder, SUPERUSER))
  return urlFor(SUPERUSER, password, listening, database)
}

async function passwordOf({ folder, account }: Home, role: Role): Promise<string | undefined> {
  return (await new AccountFiles(account).read(passwordFile(folder, role)))?.trim()
}

function urlFor(role: Role, password: string, listening: Listening, database: string): string {
  const user = `${role}:${password}`
  if (listening.kind === 'tcp') return `postgres://${user}@127.0.0.1:${listening.port}/${database}`
  // What pg and libpq both take for the folder of a socket; the host before it is not looked at then.
  const host = encodeURIComponent(listening.folder)
  return `postgres://${user}@localhost:${listening.port}/${database}?host=${host}`
}
