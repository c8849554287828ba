import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readlink } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { ForeignLink } from './errors.ts'

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
/** The limit of Linux for one path. */
const MOST_LINKS = 40
const STICKY = 0o1000
const WRITTEN_BY_OTHERS = 0o022

/** An open folder. Renaming a folder on its path does not affect it. */
export interface Reached {
  readonly handle: FileHandle
  /** Its path when it was opened, without links. */
  readonly path: string
  /** A path that means this very folder, whatever happens to its name. */
  readonly inside: string
}

/**
 * Opens a folder as root, creating missing folders of its path. It walks from `/` step by step, and follows only links
 * that nobody but root can have made.
 * @param path absolute; the caller closes the handle
 * @throws ForeignLink
 */
export async function reach(path: string): Promise<Reached> {
  let names = namesIn(path)
  let at = await opened('/', '/')
  let isRoots = await belongsToRoot(at)
  let links = 0
  try {
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      const step = join(at.inside, name)
      const found = await lstat(step).catch(() => undefined)
      if (found?.isSymbolicLink()) {
        if (!isRoots || found.uid !== 0 || ++links > MOST_LINKS) throw new ForeignLink(join(at.path, name))
        const target = await readlink(step)
        names = [...namesIn(target), ...names]
        if (isAbsolute(target)) at = await instead(at, opened('/', '/'))
        continue
      }
      // Only Linux has a path for an open folder.
      if (!isRoots && process.platform !== 'linux') throw new ForeignLink(at.path)
      if (!found) await mkdir(step, { recursive: true })
      at = await instead(at, opened(step, name === '..' ? dirname(at.path) : join(at.path, name)))
      isRoots &&= await belongsToRoot(at)
    }
    return at
  } catch (error) {
    await at.handle.close()
    throw error
  }
}

function namesIn(path: string): string[] {
  return path.split('/').filter(name => name !== '' && name !== '.')
}

async function opened(name: string, path: string): Promise<Reached> {
  const handle = await open(name, FOLDER)
  return { handle, path, inside: process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : path }
}

async function instead(before: Reached, opening: Promise<Reached>): Promise<Reached> {
  const next = await opening
  await before.handle.close()
  return next
}

/** Whether only root can add something to it or replace what root has put there. */
async function belongsToRoot({ handle }: Reached): Promise<boolean> {
  const { uid, mode } = await handle.stat()
  return uid === 0 && ((mode & WRITTEN_BY_OTHERS) === 0 || (mode & STICKY) !== 0)
}
