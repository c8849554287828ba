import { createHash } from 'node:crypto'
import {
  access,
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
import { basename, dirname, join, resolve } from 'node:path'
import type { Logger } from '../runtime/logger.ts'
import { accountFor, canUse } from './account.ts'
import { ForeignDirectory, UnreachableDirectory } from './errors.ts'
import { isThere } from './files.ts'
import type { Account } from './program.ts'
import { type Reached, reach } from './reach.ts'
import { SHARED_PLACES, sharedPlace } from './shared-folder.ts'

/** Files of a home, and of an empty folder that may become one. */
const OURS = /^(data|password|postgres\.log|native-|lost\+found$|\.)/

/** The folder of the embedded database, and the account that it runs as (`undefined`: the current user). */
export interface Home {
  readonly folder: string
  readonly account: Account | undefined
}

/**
 * Creates or finds the home of the embedded database: `directory` if the account can use it, else a shared folder named
 * after it, to which a link is left so that the operator finds it.
 * @throws NoAccount, UnreachableDirectory, ForeignDirectory, ForeignLink
 */
export async function makeHome(directory: string, log: Logger): Promise<Home> {
  const configured = resolve(directory)
  if (process.getuid?.() === 0) return makeHomeAsRoot(configured, log)
  await dropDanglingLink(configured)
  await mkdir(configured, { recursive: true })
  await checkContents(configured, configured)
  const folder = await realpath(configured)
  await access(folder, constants.W_OK | constants.X_OK).catch(() => {
    throw new UnreachableDirectory(configured, `${process.getuid?.()}`)
  })
  return { folder, account: undefined }
}

/**
 * Finds the home that a daemon has created; `undefined` if there is none. As root, files in it are trusted only if they
 * belong to its owner.
 */
export async function findHome(directory: string): Promise<Home | undefined> {
  const folder = await realpath(directory).catch(() => undefined)
  if (folder === undefined) return undefined
  if (process.getuid?.() !== 0) return { folder, account: undefined }
  const { uid, gid } = await stat(folder)
  return uid === 0 ? undefined : { folder, account: { name: String(uid), uid, gid } }
}

async function makeHomeAsRoot(configured: string, log: Logger): Promise<Home> {
  const here = await reach((await movedTo(configured)) ?? configured)
  try {
    await checkContents(here.inside, configured)
    const account = await accountFor(here)
    const isTheirs = await isHandedOver(here, account)
    if (isTheirs && (await canUse(here.path, account))) return { folder: here.path, account }
    if (await isThere(join(here.inside, 'data'))) throw new UnreachableDirectory(configured, account.name)
    const folder = await moveAway(configured, account)
    await leaveLink(here, folder)
    log.warn(
      { directory: configured, folder, user: account.name },
      'the database is in another folder, because its user cannot access the directory',
    )
    return { folder, account }
  } finally {
    await here.handle.close()
  }
}

/** Refuses a folder with foreign files: it is probably a typo, and its mode must not be changed. */
async function checkContents(folder: string, configured: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  const foreign = names.find(name => !OURS.test(name))
  if (foreign !== undefined) throw new ForeignDirectory(configured, foreign)
}

async function moveAway(configured: string, account: Account): Promise<string> {
  const place = await sharedPlace(account)
  if (!place) throw new UnreachableDirectory(configured, account.name)
  const moved = await reach(join(place, movedName(configured)))
  try {
    if (!(await isHandedOver(moved, account))) throw new UnreachableDirectory(configured, account.name)
    return moved.path
  } finally {
    await moved.handle.close()
  }
}

function movedName(configured: string): string {
  return `postgres-${createHash('sha256').update(configured).digest('hex').slice(0, 12)}`
}

/** Target of the link that an earlier start left. Other links are not followed. */
async function movedTo(configured: string): Promise<string | undefined> {
  const target = await readlink(configured).catch(() => undefined)
  return SHARED_PLACES.map(place => join(place, movedName(configured))).find(it => it === target)
}

async function leaveLink({ path }: Reached, folder: string): Promise<void> {
  const above = await reach(dirname(path))
  try {
    await rmdir(join(above.inside, basename(path)))
    await symlink(folder, join(above.inside, basename(path)))
  } catch {
    // Not empty, so it is the operator's. The log says where the database is.
  } finally {
    await above.handle.close()
  }
}

/** Gives a folder of root's to the account and closes it to others. @returns false if it belongs to a third account */
async function isHandedOver({ handle }: Reached, account: Account): Promise<boolean> {
  if ((await handle.stat()).uid === 0) await handle.chown(account.uid, account.gid)
  if ((await handle.stat()).uid !== account.uid) return false
  await handle.chmod(0o700)
  return true
}

async function dropDanglingLink(path: string): Promise<void> {
  const isLink = await lstat(path).then(
    it => it.isSymbolicLink(),
    () => false,
  )
  if (isLink && !(await isThere(resolve(path, '..', await readlink(path))))) await unlink(path)
}
