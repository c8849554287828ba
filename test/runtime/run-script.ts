import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** What it said to its parent, where `isForked`. */
  readonly messages: readonly unknown[]
}

/** Runs TypeScript in a process of its own, in the project's directory, until it ends. */
export async function runScript(
  script: string,
  options: { env?: NodeJS.ProcessEnv; isForked?: boolean } = {},
): Promise<Ran> {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe', ...(options.isForked ? (['ipc'] as const) : [])],
  })
  const messages: unknown[] = []
  child.on('message', message => messages.push(message))
  const [stdout, stderr, [code]] = await Promise.all([
    child.stdout ? text(child.stdout) : '',
    child.stderr ? text(child.stderr) : '',
    once(child, 'close'),
  ])
  return { code, stdout, stderr, messages }
}
