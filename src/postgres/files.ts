import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { link, lstat, open, rename, rm } from 'node:fs/promises'
import { type Account, runProgram } from './program.ts'

/** Windows has none of them. */
const NEVER_THROUGH_A_LINK = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** Others than GNU's and busybox's don't know `-T`: then a folder that is there already would be moved into. */
const AS_NAMED = process.platform === 'linux' ? ['-T'] : []

const WRITE = 'umask 077; dd of="$2" conv=fsync 2>/dev/null && ln "$2" "$1"; done=$?; rm -f "$2"; exit $done'

/**
 * The files of whoever PostgreSQL runs as. Where we are root that is another account, which can put a link in the place
 * of any of them: so what changes something is done as that account, and only what belongs to it is read.
 */
export class AccountFiles {
  readonly #account: Account | undefined

  /** @param account `undefined` for the user we are */
  constructor(account: Account | undefined) {
    this.#account = account
  }

  /** @returns `undefined` where it is not there, or not theirs */
  async read(path: string): Promise<string | undefined> {
    const handle = await open(path, constants.O_RDONLY | NEVER_THROUGH_A_LINK).catch(() => undefined)
    try {
      const found = await handle?.stat()
      const isTheirs = found?.isFile() && (!this.#account || found.uid === this.#account.uid)
      return isTheirs ? await handle?.readFile('utf8') : undefined
    } finally {
      await handle?.close()
    }
  }

  /**
   * Makes a file that only its owner reads, durably. It is linked into place when it is whole: of two processes that
   * make one at once, one wins and the other finds its file.
   * @throws Error where it can't be made
   */
  async make(path: string, text: string): Promise<void> {
    const partial = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`
    if (this.#account) {
      const said = await runProgram('sh', ['-c', WRITE, 'sh', path, partial], this.#account, undefined, text)
      if (said.exitCode !== 0 && !(await isThere(path)))
        throw new Error(`${path} can't be made: ${said.output}`)
      return
    }
    const file = await open(partial, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
      await link(partial, path)
    } catch (error) {
      if (!(await isThere(path))) throw error
    } finally {
      await file.close()
      await rm(partial, { force: true })
    }
  }

  /**
   * Gives something another name in one step.
   * @throws Error where it can't, as where a folder is there that holds something
   */
  async move(from: string, to: string): Promise<void> {
    if (!this.#account) return rename(from, to)
    const { exitCode, output } = await runProgram('mv', ['-f', ...AS_NAMED, from, to], this.#account)
    if (exitCode !== 0) throw new Error(output)
  }

  /** Removes files, and folders with all that is in them; what is not there is no fault. */
  async remove(...paths: readonly string[]): Promise<void> {
    if (this.#account) await runProgram('rm', ['-rf', ...paths], this.#account)
    else for (const path of paths) await rm(path, { recursive: true, force: true })
  }
}

/** Whether something has the name, a link too. */
export async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
