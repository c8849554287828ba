import { createHash, randomInt } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NoSocketFolder } from './errors.ts'
import { freePort } from './free-port.ts'
import type { Home } from './home.ts'
import type { Account } from './program.ts'

/**
 * Where a server listens. The port of a socket is a number in its name. It is random, so that a server can be
 * distinguished from another one started in the same folder.
 */
export type Listening =
  | { readonly kind: 'socket'; readonly folder: string; readonly port: number }
  | { readonly kind: 'tcp'; readonly port: number }

/** Node does not support Unix sockets on Windows. */
export const HAS_SOCKETS = process.platform !== 'win32'

/** The longest path of a socket: an address has 108 bytes on Linux and 104 elsewhere, including the final 0. */
const LONGEST_PATH = process.platform === 'linux' ? 107 : 103
const LOWEST_PORT = 1_024
const HIGHEST_PORT = 65_535

/**
 * Chooses where a new server listens: in its home, which nobody else can enter.
 * @param isHomeRefused whether the home's file system does not support sockets
 * @throws NoSocketFolder
 */
export async function newListening(home: Home, isHomeRefused: boolean): Promise<Listening> {
  if (!HAS_SOCKETS) return { kind: 'tcp', port: await freePort() }
  const isInHome = !isHomeRefused && isShort(home.folder)
  const folder = isInHome ? home.folder : await folderElsewhere(home)
  return { kind: 'socket', folder, port: randomInt(LOWEST_PORT, HIGHEST_PORT + 1) }
}

/** The file of a socket. PostgreSQL keeps a `.lock` beside it. */
export function socketFile(folder: string, port: number): string {
  return join(folder, `.s.PGSQL.${port}`)
}

/** The value of `pg_ctl -o`, which passes it to the server through a shell. */
export function serverOptions(listening: Listening): string {
  const { port } = listening
  if (listening.kind === 'tcp') return `-p ${port} -h 127.0.0.1 -k ''`
  // The setting is a list, in which a comma would separate items.
  const item = `"${listening.folder.replaceAll('"', '""')}"`
  const words = ['listen_addresses=', `unix_socket_directories=${item}`, 'unix_socket_permissions=0700']
  return [`-p ${port}`, ...words.map(it => `-c ${forShell(it)}`)].join(' ')
}

function forShell(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}

function isShort(folder: string): boolean {
  return Buffer.byteLength(socketFile(folder, HIGHEST_PORT)) <= LONGEST_PATH
}

/** A folder for the socket outside of the home, the same one at each start. */
async function folderElsewhere({ folder, account }: Home): Promise<string> {
  const name = `tikmeter-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`
  const folders = ['/run', tmpdir()].map(place => join(place, name)).filter(isShort)
  for (const it of folders) if (await isMadeClosed(it, account)) return it
  throw new NoSocketFolder(folders)
}

/** @returns false if it cannot be created or belongs to somebody else */
async function isMadeClosed(folder: string, account: Account | undefined): Promise<boolean> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
    try {
      if (account && (await handle.stat()).uid === 0) await handle.chown(account.uid, account.gid)
      const { uid, mode } = await handle.stat()
      return uid === (account?.uid ?? process.getuid?.()) && (mode & 0o077) === 0
    } finally {
      await handle.close()
    }
  } catch {
    return false
  }
}
