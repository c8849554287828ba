import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { inject } from 'vitest'

/** Whom a command runs as; as we are, where neither is said. */
export interface User {
  readonly uid?: number
  readonly gid?: number
}

export interface CommandOptions {
  /** Its working directory. */
  readonly folder: string
  /** All that it has of an environment, beside what it takes to be run. */
  readonly env?: NodeJS.ProcessEnv
  readonly user?: User
}

/** What a command did and said. */
export interface Outcome {
  /** `null` where a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the real command line in a process of its own, until it ends by itself. */
export async function runCommand(argv: readonly string[], options: CommandOptions): Promise<Outcome> {
  const { folder, env = {}, user = {} } = options
  const child = spawn(process.execPath, [inject('cli'), ...argv], {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...user,
  })
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { code, stdout, stderr }
}
