import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Account } from './account.ts'

export interface Seen {
  readonly exitCode: number | null
  /** Both outputs, in order. */
  readonly output: string
  readonly seconds: number
}

export interface PromptOptions {
  readonly account: Account
  /** The folder in which commands run. */
  readonly folder: string
  /** The folders that come first in PATH, with colons between them. */
  readonly programs: string
  readonly say: (text: string) => void
}

const TURNS = 100
const TURN_MS = 200
const START_TURNS = 600
/** The limit of a command; npm's are the longest. */
const COMMAND_MS = 300_000

/** A shell prompt: prints the typed commands, their output, and how long they took. */
export class Prompt {
  readonly #options: PromptOptions
  #started: Running | undefined

  constructor(options: PromptOptions) {
    this.#options = options
  }

  /** @throws Error if it ends with another exit code, or words are missing in its output */
  async type(line: string, exitCode: number, words: readonly RegExp[]): Promise<void> {
    const seen = await this.#run(line)
    this.#show(line, seen)
    const missing = words.filter(it => !it.test(seen.output))
    if (seen.exitCode !== exitCode || missing.length > 0)
      throw new Error(`${line}: exit ${seen.exitCode} and not ${exitCode}, or without ${missing.join(', ')}`)
  }

  /** Repeats the command until its output contains the words. Only the last run is printed. */
  async typeUntil(line: string, words: RegExp): Promise<void> {
    for (let turn = 1; ; turn++) {
      const seen = await this.#run(line)
      const isRight = seen.exitCode === 0 && words.test(seen.output)
      if (isRight || turn === TURNS) this.#show(line, seen)
      if (isRight) return
      if (turn === TURNS) throw new Error(`${line}: never shows ${words}`)
      await sleep(TURN_MS)
    }
  }

  /** Starts a program on a pseudo-terminal, and waits for the words. */
  async start(line: string, words: RegExp): Promise<Running> {
    const beganMs = performance.now()
    const child = this.#spawn('script', ['-qefc', `echo "$$"; exec ${line}`, '/dev/null'])
    const running = new Running(child)
    this.#started = running
    for (let turn = 0; turn < START_TURNS; turn++) {
      if (words.test(running.output)) break
      if (running.exitCode !== undefined || turn === START_TURNS - 1)
        throw new Error(`${line}: ended with ${running.exitCode}, or is late:\n${running.output}`)
      await sleep(TURN_MS)
    }
    this.#show(`${line} &`, { exitCode: 0, output: running.unseen(), seconds: secondsSince(beganMs) })
    return running
  }

  /** @throws Error if it ends with another exit code than 0 */
  async end(running: Running): Promise<void> {
    const beganMs = performance.now()
    const exitCode = await running.end()
    this.#show('kill %1', { exitCode, output: running.unseen(), seconds: secondsSince(beganMs) })
    if (exitCode !== 0) throw new Error(`SIGTERM ended it with ${exitCode}`)
  }

  /** Ends the started program if it is still running. */
  async leave(): Promise<void> {
    if (this.#started?.exitCode === undefined) await this.#started?.end()
  }

  async #run(line: string): Promise<Seen> {
    const beganMs = performance.now()
    const running = new Running(this.#spawn('sh', ['-c', `{ ${line}\n} 2>&1`], COMMAND_MS))
    const exitCode = await running.ended
    return { exitCode, output: running.output, seconds: secondsSince(beganMs) }
  }

  #spawn(file: string, argv: readonly string[], timeout?: number): ChildProcess {
    const { account, folder, programs } = this.#options
    const { uid, gid, home, name } = account
    const path = `${programs}:${process.env['PATH']}`
    // Variables of the npm that started us are not in a new shell.
    const clean = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('npm_')))
    return spawn(file, argv, {
      cwd: folder,
      env: {
        ...{ ...clean, PATH: path, HOME: home, USER: name, NO_COLOR: '1', LC_ALL: 'C.UTF-8' },
        npm_config_update_notifier: 'false',
      },
      ...{ uid, gid, timeout },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  }

  #show(line: string, { output, exitCode, seconds }: Seen): void {
    const note = `${seconds.toFixed(1)} s${exitCode === 0 ? '' : `, exit ${exitCode}`}`
    this.#options.say(`$ ${line.padEnd(70)}  # ${note}\n${output}`)
  }
}

/** A program, and its output so far. */
export class Running {
  readonly ended: Promise<number | null>
  readonly #child: ChildProcess
  #output = ''
  #seen = 0

  constructor(child: ChildProcess) {
    this.#child = child
    // A terminal ends lines with CR LF.
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text.replaceAll('\r\n', '\n')
    })
    this.ended = once(child, 'close').then(([code]) => code)
  }

  get exitCode(): number | undefined {
    return this.#child.exitCode ?? undefined
  }

  get output(): string {
    return this.#output
  }

  /** The output since the last call, without the first line, which is the pid. */
  unseen(): string {
    const from = this.#seen === 0 ? this.#output.indexOf('\n') + 1 : this.#seen
    this.#seen = this.#output.length
    return this.#output.slice(from)
  }

  /** Sends SIGTERM to the program on the terminal. */
  async end(): Promise<number | null> {
    process.kill(Number.parseInt(this.#output, 10), 'SIGTERM')
    return this.ended
  }
}

function secondsSince(beganMs: number): number {
  return (performance.now() - beganMs) / 1000
}
