import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { inject } from 'vitest'
import { CommandsTogether } from '../../commands/commands-together.ts'

/** Whom a command runs as; as we are, where neither is said. */
export interface User {
  readonly uid?: number
  readonly gid?: number
}

export interface CommandOptions {
  /** Its working directory. */
  readonly folder: string
  /** All that it has of an environment, beside what it takes to be run. */
  readonly env?: Readonly<Record<string, string>>
  readonly user?: User
}

/** What a command did and said. */
export interface Outcome {
  /** `null` where a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What ends by itself and prints by the streams of the process alone. */
const TOGETHER: ReadonlySet<string | undefined> = new Set([
  ...['check', 'probe', 'status'],
  ...['usage', 'credit'],
])
const together = new CommandsTogether()
const talkative = new CommandsTogether({ DEBUG: '*' })

/** Runs a command until it ends by itself: in a process of its own where that can make a difference. */
export async function runCommand(argv: readonly string[], options: CommandOptions): Promise<Outcome> {
  const { folder, env = {}, user } = options
  // What Node reads when it starts, it reads for all that a process does.
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
