import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** What an image says about how it is run. */
export interface ImageConfig {
  readonly Env: readonly string[]
  readonly Entrypoint: readonly string[]
  readonly Cmd: readonly string[]
  readonly User: string
  readonly WorkingDir: string
  readonly Volumes: Readonly<Record<string, object>>
  readonly StopSignal: string
  readonly Healthcheck: { readonly Test: readonly string[] }
}

export interface ContainerOptions {
  /** The folder with the image's files. */
  readonly root: string
  readonly image: ImageConfig
  /** The folder that is mounted as its volume. */
  readonly volume: string
  /** The folder that is mounted at /etc/tikmeter, read-only. */
  readonly config: string
  /** `uid:gid` instead of the image's own. */
  readonly user?: string
  readonly env?: Readonly<Record<string, string>>
}

/**
 * What a container's runtime does, without its network: the image's files read-only, its volume, an empty /tmp, its own
 * processes, so that the program is number 1, and no rights.
 */
const ENTER = `
root=$1 volume=$2 config=$3 user=$4
shift 4
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/tmp"
mount --bind "$volume" "$root/var/lib/tikmeter"
mount --bind "$config" "$root/etc/tikmeter"
mount -o remount,bind,ro "$root/etc/tikmeter"
exec chroot "$root" setpriv --reuid="\${user%:*}" --regid="\${user#*:}" --clear-groups \
  --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
`

const START_MS = 120_000

/** A container of the image. */
export class Container {
  readonly #options: ContainerOptions
  readonly #user: string
  readonly #child: ChildProcess
  readonly #ended: Promise<number | null>
  #output = ''

  private constructor(options: ContainerOptions, command: readonly string[]) {
    const { root, image, volume, config, user = image.User } = options
    this.#options = options
    this.#user = user
    const [uid = 0, gid = 0] = user.split(':').map(Number)
    // A volume belongs to the group, as a new one of Docker or Kubernetes does.
    chownSync(volume, uid, gid)
    chmodSync(volume, 0o770)
    this.#child = spawn(
      'unshare',
      [
        ...['--mount', '--pid', '--fork', '--kill-child=SIGKILL', 'sh', '-euc', ENTER, 'sh'],
        ...[root, volume, config, user, ...this.#environment(), ...command],
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text
      })
    this.#ended = once(this.#child, 'close').then(([code]) => code)
  }

  /** Starts the image's own command. */
  static start(options: ContainerOptions): Container {
    return new Container(options, [...options.image.Entrypoint, ...options.image.Cmd])
  }

  /** Runs another command of the program to its end. @throws Error if its exit code or output is another */
  static async run(
    options: ContainerOptions,
    argv: readonly string[],
    exitCode: number,
    words: RegExp,
  ): Promise<void> {
    const container = new Container(options, [...options.image.Entrypoint, ...argv])
    const ended = await container.#ended
    console.log(`$ tikmeter ${argv.join(' ')}\n${container.#output}`)
    if (ended !== exitCode || !words.test(container.#output))
      throw new Error(`${argv.join(' ')}: exit ${ended} and not ${exitCode}, or without ${words}`)
  }

  /** Runs a command of the program beside it, as `docker exec` does. @throws Error as `run` does */
  exec(argv: readonly string[], words: RegExp): void {
    const { image } = this.#options
    this.#beside([...image.Entrypoint, ...argv], words)
  }

  /** Does what the runtime does for the image's HEALTHCHECK. */
  checkHealth(): void {
    const [kind, ...command] = this.#options.image.Healthcheck.Test
    if (kind !== 'CMD') throw new Error(`the health check needs a shell: ${kind}`)
    this.#beside(command, /"alive"/)
  }

  #beside(command: readonly string[], words: RegExp): void {
    const [uid = '', gid = ''] = this.#user.split(':')
    const entered = ['--target', String(this.#firstProcess()), '--mount', '--pid', '--root']
    const as = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--no-new-privs', '--bounding-set=-all']
    const { status, stdout } = spawnSync(
      'nsenter',
      [...entered, 'setpriv', ...as, '--inh-caps=-all', ...this.#environment(), ...command],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
    )
    console.log(`$ ${command.join(' ')}\n${stdout}`)
    if (status !== 0 || !words.test(stdout))
      throw new Error(`${command.join(' ')}: exit ${status}, or without ${words}`)
  }

  /** @throws Error if the words do not come */
  async until(words: RegExp): Promise<void> {
    for (const until = Date.now() + START_MS; !words.test(this.#output); await sleep(100)) {
      if (this.#child.exitCode !== null || Date.now() > until)
        throw new Error(`ended with ${this.#child.exitCode}, or without ${words}:\n${this.#output}`)
    }
  }

  /** @throws Error if it ends otherwise */
  async untilEnd(exitCode: number, words: RegExp): Promise<void> {
    const ended = await this.#ended
    console.log(this.#output)
    if (ended !== exitCode || !words.test(this.#output))
      throw new Error(`exit ${ended} and not ${exitCode}, or without ${words}`)
  }

  /** Stops it as a runtime does. @returns its output @throws Error if it does not end in order within 10 s */
  async stop(signal: string): Promise<string> {
    const beganMs = performance.now()
    execFileSync('kill', ['-s', signal, String(this.#firstProcess())])
    const ended = await this.#ended
    const seconds = (performance.now() - beganMs) / 1000
    console.log(`${signal}: exit ${ended} after ${seconds.toFixed(1)} s`)
    if (ended !== 0 || seconds > 10) throw new Error(`it did not stop in order:\n${this.#output}`)
    return this.#output
  }

  /** Ends it at once if it is still running. */
  async leave(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  /** The command that runs another one with its variables and in its folder. */
  #environment(): readonly string[] {
    const { image, env = {} } = this.#options
    const own = Object.entries(env).map(([name, value]) => `${name}=${value}`)
    return ['env', '-i', '-C', image.WorkingDir, ...image.Env, ...own]
  }

  /** The number that its process 1 has outside. */
  #firstProcess(): number {
    const { pid } = this.#child
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim())
  }
}
