import { type ChildProcess, spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import type { Account } from '../../src/postgres/program.ts'

/** As most systems have it. */
export const NOBODY: Account = { name: 'nobody', uid: 65_534, gid: 65_534 }

/** A program in JavaScript that runs as another account, and ends with its input. */
export class AsAccount {
  readonly #child: ChildProcess
  readonly #ended: Promise<number | null>
  readonly #said: Promise<string>

  /** @param code CommonJS; `argv` is its arguments, and what it says at its end is JSON */
  constructor({ uid, gid }: Account, code: string, ...args: readonly string[]) {
    // Neither folder nor environment of ours.
    const as = { uid, gid, cwd: '/', env: {} }
    const child = spawn(process.execPath, ['-e', `const argv = process.argv.slice(1)\n${code}`, ...args], {
      ...as,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#child = child
    this.#ended = new Promise(resolve => child.once('exit', resolve))
    this.#said = text(child.stdout)
  }

  /** @returns what it said, once it has ended by itself */
  async said<Answer>(): Promise<Answer> {
    const code = await this.#ended
    if (code !== 0) throw new Error(`it ended with ${code}`)
    return JSON.parse(await this.#said)
  }

  /** Ends its input. @returns what it said then */
  end<Answer>(): Promise<Answer> {
    this.#child.stdin?.end()
    return this.said()
  }
}
