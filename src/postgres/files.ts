import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { link, lstat, open, rename, rm } from 'node:fs/promises'
import { type Account, runProgram } from './program.ts'

/** Windows has neither flag. */
const NEVER_THROUGH_A_LINK = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** Only GNU and busybox know `-T`. Without it, an existing folder would be moved into. */
const AS_NAMED = process.platform === 'linux' ? ['-T'] : []

const WRITE = 'umask 077; dd of="$2" conv=fsync 2>/dev/null && ln "$2" "$1"; done=$?; rm -f "$2"; exit $done'

/**
 * The files of the account that PostgreSQL runs as. If we are root, that account can replace any of them by a link. So
 * changes are made as that account, and only files that belong to it are read.
 */
export class AccountFiles {
  readonly #account: Account | undefined

  /** @param account `undefined`: the current user */
  constructor(account: Account | undefined) {
    this.#account = account
  }

  /** @returns `undefined` if it does not exist or does not belong to the account */
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
   * Creates a file that only its owner can read, durably. It is linked into place when it is complete: of two processes
   * that create one at the same time, one wins and the other finds its file.
   * @throws Error if it cannot be created
   */
  async make(path: string, text: string): Promise<void> {
    const partial = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`
    if (this.#account) {
      const said = await runProgram('sh', ['-c', WRITE, 'sh', path, partial], this.#account, undefined, text)
      if (said.exitCode !== 0 && !(await isThere(path)))
        throw new Error(`${path} cannot be created: ${said.output}`)
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
   * Renames something atomically.
   * @throws Error if that fails, for example because the target is a folder that is not empty
   */
  async move(from: string, to: string): Promise<void> {
    if (!this.#account) return rename(from, to)
    const { exitCode, output } = await runProgram('mv', ['-f', ...AS_NAMED, from, to], this.#account)
    if (exitCode !== 0) throw new Error(output)
  }

  /** Removes files, and folders with their content. Missing ones are no error. */
  async remove(...paths: readonly string[]): Promise<void> {
    if (this.#account) await runProgram('rm', ['-rf', ...paths], this.#account)
    else for (const path of paths) await rm(path, { recursive: true, force: true })
  }
}

/** Whether something has this name, including a link. */
export async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
