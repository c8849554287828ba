import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { v4 as uuidV4 } from 'uuid'
import { nodeDisk } from './node-disk.ts'

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

/**
 * The id of the daemon whose journal is in this directory. It is kept there, so that a daemon that was killed takes its
 * routers back at once. If it cannot be kept, it differs at each start.
 */
export async function daemonId(directory: string): Promise<string> {
  const file = join(directory, 'daemon-id')
  try {
    const kept = (await readFile(file, 'utf8')).trim()
    if (UUID.test(kept)) return kept
  } catch {
    // The first start, or a disk that cannot be read, which the journal itself reports.
  }
  const id = uuidV4()
  try {
    await nodeDisk.makeDirectory(directory)
    await writeFile(file, `${id}\n`, { mode: 0o600 })
  } catch {
    // The journal reports this, too.
  }
  return id
}
