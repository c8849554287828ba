import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const PM2 = ['--yes', 'pm2@7.0.4']

/** PM2 with a separate home in a folder, so that it manages no other programs. */
export class Pm2 {
  readonly #folder: string
  readonly #home: string

  constructor(folder: string) {
    this.#folder = folder
    this.#home = join(folder, 'pm2')
  }

  /** @throws Error if it fails, with its output */
  async run(...words: readonly string[]): Promise<void> {
    const env = { ...process.env, PM2_HOME: this.#home }
    await promisify(execFile)('npx', [...PM2, ...words], { cwd: this.#folder, env })
  }

  /** The pid of a program's only process. */
  async pid(program: string): Promise<number> {
    return Number(await readFile(join(this.#home, 'pids', `${program}-0.pid`), 'utf8'))
  }

  /** Exit codes of all processes that have ended, in order; NaN if a signal ended one. */
  async exitCodes(): Promise<readonly number[]> {
    const log = await readFile(join(this.#home, 'pm2.log'), 'utf8')
    const ended = log.matchAll(/exited with code \[(\d*)\] via signal \[(\w*)\]/g)
    return Array.from(ended, ([, code, signal]) => (signal === 'SIGKILL' ? Number.NaN : Number(code)))
  }

  /** Logs of PM2 and of the programs. */
  async logs(): Promise<string> {
    const files = (await readdir(join(this.#home, 'logs'))).map(name => join(this.#home, 'logs', name))
    const texts = await Promise.all([join(this.#home, 'pm2.log'), ...files].map(it => readFile(it, 'utf8')))
    return texts.join('\n')
  }
}
