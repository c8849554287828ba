import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { build } from 'esbuild'

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** What it sent to its parent, if `isForked`. */
  readonly messages: readonly unknown[]
}

/** Runs TypeScript in a process of its own, in the project's directory, until it ends. */
export async function runScript(
  script: string,
  options: { env?: NodeJS.ProcessEnv; isForked?: boolean } = {},
): Promise<Ran> {
  // That takes a tenth of the time of tsx.
  const { outputFiles } = await build({
    stdin: { contents: script, resolveDir: process.cwd(), loader: 'ts' },
    ...{ bundle: true, packages: 'external', platform: 'node', format: 'esm', write: false },
  })
  const built = outputFiles.map(it => it.text).join('')
  const child = spawn(process.execPath, ['--input-type=module', '--eval', built], {
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
