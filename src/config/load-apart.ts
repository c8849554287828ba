import { statSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Environment } from './fields/secret-source.ts'
import { type LoadedWarned, loadWarned } from './load-warned.ts'
import { type SealedSecret, unseal } from './sealed.ts'

/** What the thread is told. */
export interface LoadOrder {
  readonly file: string
  readonly env: Environment
}

/** What it answers. */
export interface LoadAnswer {
  readonly loaded: LoadedWarned
  readonly secrets: readonly SealedSecret[]
}

/** There was not enough memory, or no room for a thread. */
export class NoThread extends Error {
  override readonly name = 'NoThread'
  /** There may be more a moment later. */
  readonly retryable = true
}

/** The YAML of this many bytes, some 200 routers, takes less than the start of a thread, and than others notice. */
const SMALL_BYTES = 32 * 1024
const FULL = ['ERR_WORKER_INIT_FAILED', 'ERR_WORKER_OUT_OF_MEMORY']
const EXTENSION = extname(fileURLToPath(import.meta.url))
/** It stands beside this file. */
const THREAD = new URL(`./load-thread${EXTENSION}`, import.meta.url)

/**
 * As `loadWarned`, but for a large file in a thread of its own: the YAML of some thousand routers takes a second, in
 * which nobody else would have a turn.
 * @returns `undefined` where the signal aborts
 * @throws NoThread
 */
export async function loadApart(
  file: string,
  env: Environment,
  signal: AbortSignal,
): Promise<LoadedWarned | undefined> {
  // Whatever makes Node understand the sources while they are worked on does not do so in threads.
  if (EXTENSION === '.ts' || isSmall(file)) return loadWarned(file, env)
  try {
    return await answerOf({ file, env: { ...env } }, signal)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && FULL.some(code => code === cause.code))
      throw new NoThread('there is no room for a thread that loads the config', { cause })
    throw cause
  }
}

function isSmall(file: string): boolean {
  try {
    return statSync(file).size <= SMALL_BYTES
  } catch {
    return true // What is wrong with it is told by loading it.
  }
}

function answerOf(order: LoadOrder, signal: AbortSignal): Promise<LoadedWarned | undefined> {
  const thread = new Worker(THREAD, { workerData: order })
  const leave = () => void thread.terminate()
  signal.addEventListener('abort', leave)
  if (signal.aborted) leave()
  const answered = new Promise<LoadedWarned | undefined>((resolve, reject) => {
    thread.once('message', ({ loaded, secrets }: LoadAnswer) => {
      unseal(secrets)
      resolve(loaded)
    })
    thread.once('error', reject)
    thread.once('exit', () => {
      if (signal.aborted) resolve(undefined)
      else reject(new Error('the thread that loads the config ended without an answer'))
    })
  })
  return answered.finally(() => signal.removeEventListener('abort', leave))
}
