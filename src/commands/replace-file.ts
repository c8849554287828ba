import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { WrongUse } from './wrong-use.ts'

/** Bits of the mode that `open` takes. */
const PERMISSIONS = 0o7777

/**
 * The text of a file, or the empty text if it does not exist.
 * @throws WrongUse if it is no UTF-8, and could not be written as it was
 */
export function textOfFile(file: string): string {
  if (!existsSync(file)) return ''
  const bytes = readFileSync(file)
  const text = bytes.toString('utf8')
  if (Buffer.from(text).equals(bytes)) return text
  throw new WrongUse(`${file} is not UTF-8: convert it first`)
}

/**
 * Replaces a file at once: whoever reads it sees the old text or the new one. Links stay, and so do mode and owner.
 * @param before its text as it was read
 * @param like the file whose mode and owner a new file gets
 * @throws WrongUse if it changed since
 */
export async function replaceFile(file: string, before: string, text: string, like: string): Promise<void> {
  const path = existsSync(file) ? realpathSync(file) : file
  const { mode, uid, gid } = await stat(existsSync(path) ? path : like)
  const beside = join(dirname(path), `.${randomUUID()}.new`)
  const handle = await open(beside, 'wx', 0o600)
  try {
    const made = await handle.stat()
    if (made.uid !== uid || made.gid !== gid) await handle.chown(uid, gid)
    await handle.chmod(mode & PERMISSIONS)
    await handle.writeFile(text)
    await handle.sync()
    if (textOfFile(path) !== before) throw new WrongUse(`${file} was changed meanwhile: run this again`)
    await rename(beside, path)
  } finally {
    await handle.close()
    await rm(beside, { force: true })
  }
}
