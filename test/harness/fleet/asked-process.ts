import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

const STOP_WITHIN_MS = 5_000

interface Waiting {
  readonly resolve: (json: string) => void
  readonly reject: (error: Error) => void
}

interface Numbered<Request> {
  readonly id: number
  readonly request: Request
}

type Answer = { readonly id: number } & (
  | { readonly kind: 'done'; readonly json: string }
  | { readonly kind: 'failed'; readonly message: string }
)

/** A child process that carries out requests, several at a time, and ends with its parent. */
export class AskedProcess<Request extends { readonly kind: string }> {
  readonly #file: URL
  readonly #waiting = new Map<number, Waiting>()
  #child: ChildProcess | undefined
  #asked = 0

  /** @param file the module to run, which calls `answerParent` */
  constructor(file: URL) {
    this.#file = file
  }

  start(): void {
    // Ctrl-C goes only to the parent, which then stops the child.
    const child = fork(this.#file, { execArgv: ['--import', 'tsx'], detached: true })
    child.on('message', text => this.#take(JSON.parse(String(text))))
    child.once('exit', code => this.#lose(new Error(`the fleet's process ended with ${code}`)))
    this.#child = child
  }

  /** @param request the last request, which ends the process */
  async stop(request: Request): Promise<void> {
    const child = this.#child
    if (child?.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
    // The process may end before it has answered.
    await this.ask(request).catch(() => {})
    await ended
    clearTimeout(late)
  }

  /** @returns the answer; the caller knows its type */
  async ask<Result>(request: Request): Promise<Result> {
    const child = this.#child
    if (!child?.connected) throw new Error('the fleet is not running')
    const numbered: Numbered<Request> = { id: ++this.#asked, request }
    const json = await new Promise<string>((resolve, reject) => {
      this.#waiting.set(numbered.id, { resolve, reject })
      child.send(JSON.stringify(numbered))
    })
    return JSON.parse(json)
  }

  #take(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if (answer.kind === 'done') waiting?.resolve(answer.json)
    else waiting?.reject(new Error(answer.message))
  }

  #lose(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

/**
 * The child's side.
 * @param onAlone called when the parent is gone
 */
export function answerParent<Request>(
  serve: (request: Request) => Promise<unknown>,
  onAlone: () => void,
): void {
  process.on('message', (text: string) => {
    const { id, request }: Numbered<Request> = JSON.parse(text)
    void serve(request).then(
      result => reply({ id, kind: 'done', json: JSON.stringify(result ?? null) }),
      error =>
        reply({ id, kind: 'failed', message: error instanceof Error ? `${error.stack}` : String(error) }),
    )
  })
  process.on('disconnect', onAlone)
}

function reply(answer: Answer): void {
  if (process.connected) process.send?.(JSON.stringify(answer))
}
