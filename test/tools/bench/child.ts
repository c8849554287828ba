import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'

interface Answered {
  readonly answer?: unknown
  readonly failure?: string
}

/** A child process of a bench. It answers one question at a time, and ends with its parent. */
export class BenchChild {
  readonly #child: ChildProcess
  readonly #name: string

  /** @param file the module to run, which calls `answerParent` */
  constructor(file: URL) {
    this.#name = file.pathname.split('/').at(-1) ?? ''
    this.#child = fork(file, { execArgv: ['--import', 'tsx', '--expose-gc'] })
  }

  /** @returns the answer; the caller knows its type */
  async ask<Answer>(question: object): Promise<Answer> {
    const over = new AbortController()
    const { signal } = over
    try {
      const answered = once(this.#child, 'message', { signal })
      const ended = once(this.#child, 'exit', { signal }).then(([code]) => {
        throw new Error(`${this.#name} ended with ${code}`)
      })
      // After one of them has settled, nobody awaits the other.
      answered.catch(() => {})
      ended.catch(() => {})
      this.#child.send(JSON.stringify(question))
      const [text] = await Promise.race([answered, ended])
      const { answer, failure } = JSON.parse(text)
      if (failure !== undefined) throw new Error(`${this.#name}: ${failure}`)
      return answer
    } finally {
      over.abort()
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }
}

/** The child's side: answers one question after the other. */
export function answerParent<Question>(answer: (question: Question) => unknown): void {
  process.on('message', (text: string) => {
    const question: Question = JSON.parse(text)
    void Promise.resolve(question)
      .then(answer)
      .then(
        (it): Answered => ({ answer: it ?? null }),
        (error: unknown): Answered => ({
          failure: error instanceof Error ? `${error.stack}` : String(error),
        }),
      )
      .then(answered => process.send?.(JSON.stringify(answered)))
  })
  process.on('disconnect', () => process.exit())
}

/** The memory of a process, as reported by itself. */
export interface Memory {
  readonly residentBytes: number
  /** In V8's heap and outside of it. */
  readonly heldBytes: number
}

/** The memory of this process after garbage collection. */
export async function sweptMemory(): Promise<Memory> {
  // Some objects, above all buffers, are only freed by a second collection.
  for (let sweep = 0; sweep < 3; sweep++) {
    globalThis.gc?.()
    await setImmediate()
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  return { residentBytes: rss, heldBytes: heapUsed + external }
}
