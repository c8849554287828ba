import { type ChildProcess, fork } from 'node:child_process'
import { inject } from 'vitest'
import type { CommandRequest, CommandResult } from './command-child.ts'

/**
 * Runs commands one after the other in one process, because starting a process for each takes a hundred times as long.
 * Only for commands that end by themselves and print to the streams of the process; a daemon's log does not.
 */
export class CommandsTogether {
  readonly #env: NodeJS.ProcessEnv
  #child: ChildProcess | undefined
  #last: Promise<unknown> = Promise.resolve()

  /** @param env environment of the process itself, such as variables that libraries read when they are loaded */
  constructor(env: NodeJS.ProcessEnv = {}) {
    this.#env = env
  }

  /** @throws Error if the process ends instead of answering */
  run(asked: CommandRequest): Promise<CommandResult> {
    const answer = this.#last.then(() => this.#ask(asked))
    this.#last = answer.catch(() => {})
    return answer
  }

  #ask(asked: CommandRequest): Promise<CommandResult> {
    const child = this.#started()
    return new Promise((resolve, reject) => {
      const ended = (code: number | null) =>
        reject(new Error(`${asked.argv.join(' ')} ended the process with ${code}`))
      child.once('exit', ended)
      child.once('message', (answered: CommandResult) => {
        child.off('exit', ended)
        resolve(answered)
      })
      child.send(asked)
    })
  }

  #started(): ChildProcess {
    if (this.#child?.connected) return this.#child
    const child = fork(inject('commandChild'), { env: { PATH: process.env['PATH'], ...this.#env } })
    // The child ends with this process.
    child.unref()
    child.channel?.unref()
    this.#child = child
    return child
  }
}
