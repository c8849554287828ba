import { type ChildProcess, fork } from 'node:child_process'
import { inject } from 'vitest'
import type { Answered, Asked } from './command-child.ts'

/**
 * Runs commands one after the other in one process: to start one for each takes a hundred times as long. For those
 * that end by themselves and print by the streams of the process, which a daemon's log does not.
 */
export class CommandsTogether {
  readonly #env: NodeJS.ProcessEnv
  #child: ChildProcess | undefined
  #last: Promise<unknown> = Promise.resolve()

  /** @param env what the process itself is started with, as what libraries look at when they are loaded */
  constructor(env: NodeJS.ProcessEnv = {}) {
    this.#env = env
  }

  /** @throws Error where the process ends instead of answering */
  run(asked: Asked): Promise<Answered> {
    const answer = this.#last.then(() => this.#ask(asked))
    this.#last = answer.catch(() => {})
    return answer
  }

  #ask(asked: Asked): Promise<Answered> {
    const child = this.#started()
    return new Promise((resolve, reject) => {
      const ended = (code: number | null) =>
        reject(new Error(`${asked.argv.join(' ')} ended all with ${code}`))
      child.once('exit', ended)
      child.once('message', (answered: Answered) => {
        child.off('exit', ended)
        resolve(answered)
      })
      child.send(asked)
    })
  }

  #started(): ChildProcess {
    if (this.#child?.connected) return this.#child
    const child = fork(inject('commandChild'), { env: { PATH: process.env['PATH'], ...this.#env } })
    // It ends with us.
    child.unref()
    child.channel?.unref()
    this.#child = child
    return child
  }
}
