import { createHash } from 'node:crypto'
import {
  access,
  chmod,
  chown,
  constants,
  lstat,
  mkdir,
  readdir,
  readlink,
  realpath,
  rmdir,
  stat,
  symlink,
  unlink,
} from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Logger } from '../runtime/logger.ts'
import { accountFor, canUse } from './embedded-account.ts'
import { ForeignDirectory, UnreachableDirectory } from './embedded-errors.ts'
import { sharedPlace } from './embedded-place.ts'
import type { Account } from './program.ts'

/** What is found in a home, or in an empty folder that a home may be made of. */
const OURS = /^(data|password|postgres\.log|native-|lost\+found$|\.)/

/** Where the embedded database lives, and whom it runs as (`undefined`: as we are). */
export interface Home {
  readonly folder: string
  readonly account: Account | undefined
}

/**
 * Makes the home of the embedded database, or finds it again: `directory`, where the account can use it, else a
 * shared place named after it, with a link left behind so that the operator sees where.
 * @throws NoAccount, UnreachableDirectory, ForeignDirectory
 */
export async function makeHome(directory: string, log: Logger): Promise<Home> {
  const configured = resolve(directory)
  await dropDanglingLink(configured)
  await mkdir(configured, { recursive: true })
  await checkContents(configured)
  const account = await accountFor(join(configured, 'data'))
  const here = await realpath(configured)
  if (!account) {
    await access(here, constants.W_OK | constants.X_OK).catch(() => {
      throw new UnreachableDirectory(configured, `${process.getuid?.()}`)
    })
    return { folder: here, account }
  }
  await handOver(here, account)
  if (await canUse(here, account)) return { folder: here, account }
  if (await isThere(join(here, 'data'))) throw new UnreachableDirectory(configured, account.name)
  const folder = await moveAway(configured, account)
  log.warn(
    { directory: configured, folder, user: account.name },
    'the database lives elsewhere: its user can not reach the directory',
  )
  return { folder, account }
}

/** A folder that holds other things is not to be closed to all others: somebody mistyped. */
async function checkContents(configured: string): Promise<void> {
  const names = await readdir(configured).catch(() => [])
  const foreign = names.find(name => !OURS.test(name))
  if (foreign !== undefined) throw new ForeignDirectory(configured, foreign)
}

async function moveAway(configured: string, account: Account): Promise<string> {
  const place = await sharedPlace(account)
  if (!place) throw new UnreachableDirectory(configured, account.name)
  const hash = createHash('sha256').update(configured).digest('hex').slice(0, 12)
  const folder = join(place, `postgres-${hash}`)
  await mkdir(folder, { recursive: true })
  await handOver(folder, account)
  try {
    await rmdir(configured)
    await symlink(folder, configured)
  } catch {
    // Not empty: the operator's, and the log says where the database is.
  }
  return folder
}

/** The folder becomes the account's, and nobody else's. */
async function handOver(folder: string, account: Account): Promise<void> {
  const { uid } = await stat(folder)
  if (uid === 0) await chown(folder, account.uid, account.gid)
  await chmod(folder, 0o700)
}

async function dropDanglingLink(path: string): Promise<void> {
  const isLink = await lstat(path).then(
    it => it.isSymbolicLink(),
    () => false,
  )
  if (isLink && !(await isThere(resolve(path, '..', await readlink(path))))) await unlink(path)
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
