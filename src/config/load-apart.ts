import { readFileSync, statSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Environment } from './fields/variables.ts'
import { type LoadedWarned, loadWarned } from './load-warned.ts'
import { type SealedSecret, unseal } from './sealed.ts'

/** The message to the thread. */
export interface LoadOrder {
  readonly file: string
  readonly env: Environment
}

/** The message from the thread. */
export interface LoadAnswer {
  readonly loaded: LoadedWarned
  readonly secrets: readonly SealedSecret[]
}

/** There was not enough memory, or the system could not start another thread. */
export class NoThread extends Error {
  override readonly name = 'NoThread'
  /** Memory may be available a moment later. */
  readonly retryable = true
}

/** Parsing this many bytes of YAML, about 200 routers, takes less time than starting a thread. */
const SMALL_BYTES = 32 * 1024
const FULL = ['ERR_WORKER_INIT_FAILED', 'ERR_WORKER_OUT_OF_MEMORY']
const EXTENSION = extname(fileURLToPath(import.meta.url))
/** The entry point of the thread: in the same folder, also when it is compiled. */
const THREAD = new URL(`./load-thread${EXTENSION}`, import.meta.url)

/**
 * Like `loadWarned`, but loads a large file in a separate thread: the YAML of some thousand routers takes a second,
 * which would block the event loop.
 * @returns `undefined` if the signal aborts
 * @throws NoThread
 */
export async function loadApart(
  file: string,
  env: Environment,
  signal: AbortSignal,
): Promise<LoadedWarned | undefined> {
  // Loaders that let Node run TypeScript sources during development do not work in worker threads.
  if (EXTENSION === '.ts' || isSmall(file)) return loadWarned(file, env)
  try {
    return await answerOf({ file, env: { ...env } }, signal)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && FULL.some(code => code === cause.code))
      throw new NoThread('cannot start a thread to load the config: not enough memory or threads', { cause })
    throw cause
  }
}

/** One that includes others may be of any size. */
function isSmall(file: string): boolean {
  try {
    return statSync(file).size <= SMALL_BYTES && !readFileSync(file, 'utf8').includes('include')
  } catch {
    return true // Loading it will report what is wrong.
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
