import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { PasswordLost } from './errors.ts'
import { AccountFiles } from './files.ts'
import type { Home } from './home.ts'
import type { Listening } from './listening.ts'

/** The superuser of the cluster. */
export const SUPERUSER = 'tikmeter'
/** The owner of the database `tikmeter` and of nothing else. */
export const DAEMON = 'tikmeter_daemon'

type Role = typeof SUPERUSER | typeof DAEMON

const FILES: Readonly<Record<Role, string>> = { [SUPERUSER]: 'password', [DAEMON]: 'password.daemon' }

export function passwordFile(folder: string, role: Role): string {
  return join(folder, FILES[role])
}

export function newPassword(): string {
  return randomBytes(24).toString('base64url')
}

/** Creates the superuser's password. Two processes that start at the same time use the same one. */
export async function makePassword({ folder, account }: Home): Promise<void> {
  await new AccountFiles(account).make(passwordFile(folder, SUPERUSER), `${newPassword()}\n`)
}

/**
 * The connection URL of the daemon's role; contains the password.
 * @returns `undefined` if the role has no password yet, as after a release that only used the superuser
 */
export async function daemonUrl(home: Home, listening: Listening): Promise<string | undefined> {
  const password = await passwordOf(home, DAEMON)
  return password === undefined ? undefined : urlFor(DAEMON, password, listening, 'tikmeter')
}

/**
 * The connection URL of the superuser; contains the password.
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
  // The form that both pg and libpq accept for a socket's folder; the host before it is ignored.
  const host = encodeURIComponent(listening.folder)
  return `postgres://${user}@localhost:${listening.port}/${database}?host=${host}`
}
