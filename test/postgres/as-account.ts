import { type ChildProcess, spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import type { Account } from '../../src/postgres/program.ts'

/** The account as on most systems. */
export const NOBODY: Account = { name: 'nobody', uid: 65_534, gid: 65_534 }

/** A JavaScript program that runs as another account, and ends when its input ends. */
export class AsAccount {
  readonly #child: ChildProcess
  readonly #ended: Promise<number | null>
  readonly #said: Promise<string>
  readonly #begun: Promise<void>

  /** @param code CommonJS; `argv` are its arguments, and its last line is JSON */
  constructor({ uid, gid }: Account, code: string, ...args: readonly string[]) {
    // Without our folder and environment.
    const as = { uid, gid, cwd: '/', env: {} }
    const child = spawn(process.execPath, ['-e', `const argv = process.argv.slice(1)\n${code}`, ...args], {
      ...as,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#child = child
    this.#ended = new Promise(resolve => child.once('exit', resolve))
    this.#begun = new Promise(resolve => child.stdout.once('data', () => resolve()))
    this.#said = text(child.stdout)
  }

  /** Waits for its first line. */
  begun(): Promise<void> {
    return this.#begun
  }

  /** Waits until it has ended by itself. @returns its output */
  async output<Answer>(): Promise<Answer> {
    const code = await this.#ended
    if (code !== 0) throw new Error(`it ended with ${code}`)
    return JSON.parse((await this.#said).trimEnd().split('\n').at(-1) ?? '')
  }

  /** Ends its input. @returns its output */
  end<Answer>(): Promise<Answer> {
    this.#child.stdin?.end()
    return this.output()
  }
}
