import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { inject } from 'vitest'
import { CommandsTogether } from '../../commands/commands-together.ts'

/** The user that a command runs as; the current one by default. */
export interface User {
  readonly uid?: number
  readonly gid?: number
}

export interface CommandOptions {
  /** Its working directory. */
  readonly folder: string
  /** Its environment, besides what it needs to run. */
  readonly env?: Readonly<Record<string, string>>
  readonly user?: User
}

/** What a command printed and how it ended. */
export interface Outcome {
  /** `null` if a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Commands that end by themselves and print only to the streams of the process. */
const TOGETHER: ReadonlySet<string | undefined> = new Set([
  ...['check', 'probe', 'status'],
  ...['usage', 'credit'],
])
const together = new CommandsTogether()
const talkative = new CommandsTogether({ DEBUG: '*' })

/** Runs a command until it ends by itself; in a separate process only when that can make a difference. */
export async function runCommand(argv: readonly string[], options: CommandOptions): Promise<Outcome> {
  const { folder, env = {}, user } = options
  // Node reads these variables when it starts, so they need a separate process.
  const isForNode = Object.keys(env).some(it => it.startsWith('NODE_'))
  if (user === undefined && !isForNode && TOGETHER.has(argv[0]))
    return (env['DEBUG'] === '*' ? talkative : together).run({ argv, folder, env })
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
