import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { NoAccount } from './errors.ts'
import { type Account, runProgram } from './program.ts'
import type { Reached } from './reach.ts'

/** Created if the system has no user `postgres`. */
const OWN_USER = 'tikmeter'

/**
 * The account that PostgreSQL runs as when we are root, because it refuses root. An existing data folder decides, since
 * only its owner may open it, but only if that is the owner of the home or the home is root's: otherwise the owner of
 * the home could have put somebody else's folder there.
 * @throws NoAccount
 */
export async function accountFor({ handle, inside }: Reached): Promise<Account> {
  const home = await handle.stat()
  const data = await lstat(join(inside, 'data')).catch(() => undefined)
  if (data?.isDirectory() && data.uid !== 0 && (home.uid === 0 || home.uid === data.uid))
    return { name: await nameOf(data.uid), uid: data.uid, gid: data.gid }
  const known = (await find('postgres')) ?? (await find(OWN_USER))
  if (known) return known
  const args = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent']
  const made = await runProgram('useradd', [...args, '--shell', '/usr/sbin/nologin', OWN_USER], undefined)
  const account = await find(OWN_USER)
  if (!account) throw new NoAccount(`useradd ${OWN_USER}: ${made.output}`)
  return account
}

async function nameOf(uid: number): Promise<string> {
  const { exitCode, output } = await runProgram('id', ['-un', String(uid)], undefined)
  return exitCode === 0 ? output : String(uid)
}

async function find(name: string): Promise<Account | undefined> {
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async which => {
      const { exitCode, output } = await runProgram('id', [which, name], undefined)
      return exitCode === 0 ? Number(output) : undefined
    }),
  )
  return uid === undefined || gid === undefined ? undefined : { name, uid, gid }
}

/** Whether the account can enter `folder` and write there. Tried out, because modes are not enough (ACLs, mounts). */
export async function canUse(folder: string, account: Account): Promise<boolean> {
  const { exitCode } = await runProgram('test', ['-x', folder, '-a', '-w', folder], account)
  return exitCode === 0
}
