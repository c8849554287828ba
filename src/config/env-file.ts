import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { parse } from 'dotenv'
import { readText } from './fields/readable-file.ts'

const MAX_BYTES = 1024 * 1024

/**
 * Adds the variables of a file such as `.env` to an environment. Variables that the process was started with are never
 * changed. It may be read again and again: a line that was removed removes its variable.
 */
export class EnvFile {
  readonly path: string
  readonly #env: NodeJS.ProcessEnv
  /** The variables that came from the file. */
  #names: ReadonlySet<string> = new Set()
  #wasRead = false

  /** @param env usually `process.env`; it is changed */
  constructor(path: string, env: NodeJS.ProcessEnv) {
    this.path = resolve(path)
    this.#env = env
  }

  /**
   * Reads the file. If that is impossible, the environment stays as it is.
   * @returns why it is impossible; `undefined` if it was read, or does not exist
   * @throws the system's error if no file descriptor is left
   */
  read(): string | undefined {
    if (!existsSync(this.path)) {
      this.#take({})
      return undefined
    }
    // A pipe has its content once.
    if (this.#wasRead && !statSync(this.path).isFile()) return undefined
    const found = readText(this.path, MAX_BYTES)
    if (found.kind === 'wrong') return `.env ${found.message}`
    this.#wasRead = true
    this.#take(parse(found.value))
    return undefined
  }

  #take(found: Readonly<Record<string, string>>): void {
    const names = Object.keys(found).filter(name => this.#names.has(name) || !Object.hasOwn(this.#env, name))
    for (const name of this.#names) if (!Object.hasOwn(found, name)) delete this.#env[name]
    for (const name of names) this.#env[name] = found[name]
    this.#names = new Set(names)
  }
}
