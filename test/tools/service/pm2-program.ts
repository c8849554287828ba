import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const PM2 = ['--yes', 'pm2@7.0.4']

/** PM2 in a folder, with a home of its own there: it knows nobody else's programs. */
export class Pm2 {
  readonly #folder: string
  readonly #home: string

  constructor(folder: string) {
    this.#folder = folder
    this.#home = join(folder, 'pm2')
  }

  /** @throws where it fails, with what it printed */
  async run(...words: readonly string[]): Promise<void> {
    const env = { ...process.env, PM2_HOME: this.#home }
    await promisify(execFile)('npx', [...PM2, ...words], { cwd: this.#folder, env })
  }

  /** Of a program's only process. */
  async pid(program: string): Promise<number> {
    return Number(await readFile(join(this.#home, 'pids', `${program}-0.pid`), 'utf8'))
  }

  /** Of all processes that have ended, in their order; NaN where a signal ended one. */
  async exitCodes(): Promise<readonly number[]> {
    const log = await readFile(join(this.#home, 'pm2.log'), 'utf8')
    const ended = log.matchAll(/exited with code \[(\d*)\] via signal \[(\w*)\]/g)
    return Array.from(ended, ([, code, signal]) => (signal === 'SIGKILL' ? Number.NaN : Number(code)))
  }

  /** Its own, and the programs'. */
  async logs(): Promise<string> {
    const files = (await readdir(join(this.#home, 'logs'))).map(name => join(this.#home, 'logs', name))
    const texts = await Promise.all([join(this.#home, 'pm2.log'), ...files].map(it => readFile(it, 'utf8')))
    return texts.join('\n')
  }
}
