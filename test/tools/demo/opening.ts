import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { Readable } from 'node:stream'

/** Whether there is somebody at a terminal who could answer, and what they type. */
export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: { readonly isTTY?: boolean }
}

/**
 * The program that opens a page in the user's browser.
 * @returns `undefined` if there is none, or no screen
 */
export async function openerIn(env: NodeJS.ProcessEnv, platform: string): Promise<string | undefined> {
  const isMac = platform === 'darwin'
  if (!isMac && !env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return undefined
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const program = join(folder, isMac ? 'open' : 'xdg-open')
    const isThere = await access(program, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isThere) return program
  }
  return undefined
}

/**
 * Opens a page when the user presses Enter, until the signal aborts.
 * @returns whether it can; then the user has to be told
 */
export async function offerToOpen(
  url: string,
  { stdin, stdout }: Terminal,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<boolean> {
  if (!stdin.isTTY || !stdout.isTTY) return false
  const opener = await openerIn(env, process.platform)
  if (opener === undefined) return false
  const open = () => {
    const child = spawn(opener, [url], { stdio: 'ignore', detached: true })
    child.on('error', () => {}) // The user still has the address.
    child.unref()
  }
  stdin.on('data', open)
  stdin.resume()
  signal.addEventListener('abort', () => {
    stdin.off('data', open)
    stdin.pause()
  })
  return true
}
