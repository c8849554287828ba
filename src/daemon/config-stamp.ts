import { createHash } from 'node:crypto'
import { stat } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { hasWildcard, matching } from '../config/include/file-pattern.ts'
import { MOST_FILES } from '../config/include/files.ts'

/** A state of the files of a config, and of `.env`: the same as long as none of them changes, comes or goes. */
export interface ConfigStamp {
  readonly text: string
  /** The number of files of the config. */
  readonly files: number
}

/** Looks at this many files at a time, so that the journal's writes get their turns between them. */
const AT_A_TIME = 8

/**
 * Looks at the files of a config. Links are followed, also those of folders: Kubernetes swaps them.
 * @param envFile `.env`; it need not exist
 * @param include the patterns of included files, as absolute paths
 * @returns `undefined` if the file that includes is missing
 */
export async function configStamp(
  file: string,
  envFile: string,
  include: readonly string[],
): Promise<ConfigStamp | undefined> {
  const [own, env = 'none'] = await stampsOf([file, envFile])
  if (own === undefined) return undefined
  const first = `${own} ${env}`
  if (include.length === 0) return { text: first, files: 1 }
  const files = (await Promise.all(include.map(filesOf))).flat().slice(0, MOST_FILES + 1)
  const stamps = await stampsOf(files)
  const hash = createHash('sha256')
    .update(JSON.stringify([files, stamps]))
    .digest('base64')
  return { text: `${first} ${hash}`, files: 1 + new Set(files).size }
}

async function filesOf(pattern: string): Promise<readonly string[]> {
  const [folder, name] = [dirname(pattern), basename(pattern)]
  if (!hasWildcard(name)) return [pattern]
  try {
    return matching(name, await readdir(folder)).map(it => join(folder, it))
  } catch {
    return [folder] // Its own stamp changes when it can be read.
  }
}

/** The stamp of each file; `undefined` if it is missing. With callbacks, because promises take three times as long. */
function stampsOf(files: readonly string[]): Promise<readonly (string | undefined)[]> {
  return new Promise(resolve => {
    const stamps: (string | undefined)[] = Array.from({ length: files.length })
    let [next, left] = [0, files.length]
    if (left === 0) resolve(stamps)
    const look = () => {
      const at = next++
      const file = files[at]
      if (file === undefined) return
      stat(file, (_, found) => {
        if (found) stamps[at] = `${found.mtimeMs} ${found.size} ${found.ino}`
        if (--left === 0) resolve(stamps)
        else look()
      })
    }
    for (let beside = 0; beside < AT_A_TIME; beside++) look()
  })
}
