import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { type CommandOptions, type Outcome, runCommand, type User } from './command.ts'

export const SECRET = 'a secret of thirty-two bytes or more'
const CONFIG = 'tikmeter.yaml'

type Keys = Readonly<Record<string, unknown>>

/** A folder with a config, in which commands are run, and placeholders for what varies in their output. */
export class Place {
  readonly folder: string
  readonly #names = new Map<string, string>()

  private constructor(folder: string) {
    this.folder = folder
    this.name(folder, 'DIR')
  }

  static async create(): Promise<Place> {
    const folder = await mkdtemp(join(tmpdir(), 'tikmeter-fault-'))
    // Other users run commands here too.
    await chmod(folder, 0o755)
    return new Place(folder)
  }

  async end(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }

  async giveTo({ uid = -1, gid = -1 }: User): Promise<void> {
    await chown(this.folder, uid, gid)
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  async write(name: string, content: string): Promise<string> {
    await writeFile(this.path(name), content)
    return this.path(name)
  }

  get configFile(): string {
    return this.path(CONFIG)
  }

  /** Writes a config without faults, except for `keys`, which are written as they are. */
  async configure(keys: Keys): Promise<void> {
    const config = {
      journal: { directory: this.path('journal') },
      commit: { interval: '1s' },
      server: { port: 0 },
      auth: { secret: SECRET },
      tenants: [],
      ...keys,
    }
    await writeFile(this.configFile, stringify(config))
  }

  /** Shows `as` in place of a path, a port or a process id that differs from run to run. */
  name(value: string | number, as: string): void {
    this.#names.set(String(value), as)
  }

  named(text: string): string {
    let named = text
    for (const [value, as] of this.#names) named = named.replaceAll(value, as)
    return named.replaceAll(/process \d+/g, 'process PID').replaceAll(/lock-[\da-f-]+/g, 'lock-ID')
  }

  run(argv: readonly string[], options: Pick<CommandOptions, 'env' | 'user'> = {}): Promise<Outcome> {
    return runCommand([...argv, '--config', CONFIG], { folder: this.folder, ...options })
  }
}
