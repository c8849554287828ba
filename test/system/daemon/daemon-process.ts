import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url))
const START_WITHIN_MS = 120_000

/** The real daemon in a separate process. */
export class DaemonProcess {
  readonly #child: ChildProcess
  /** The port of its HTTP server and feed. */
  readonly port: number
  /** Resolves with the exit code when it is gone; `null` if a signal ended it. */
  readonly ended: Promise<number | null>

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
    this.ended = new Promise(resolve => child.once('exit', code => resolve(code)))
  }

  /**
   * Starts a daemon. Resolves when it is running.
   * @param logFile receives its log
   * @param program the built `cli.js`, and before it any options for node
   * @param launcher the command that starts node, if any
   */
  static async start(
    configFile: string,
    logFile: string,
    env: NodeJS.ProcessEnv,
    program: readonly string[],
    launcher: readonly string[] = [],
  ): Promise<DaemonProcess> {
    const [command = '', ...words] = [...launcher, process.execPath, ...program]
    const child = spawn(command, [...words, 'run', '--config', configFile], {
      cwd: PROJECT,
      env: { ...process.env, LOG_LEVEL: 'info', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C goes only to the test run, which then stops the daemon in order.
      detached: true,
    })
    const log = createWriteStream(logFile, { flags: 'a' })
    child.stderr.pipe(log, { end: false })
    const port = await new Promise<number>((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`the daemon did not start: see ${logFile}`)),
        START_WITHIN_MS,
      )
      child.once('close', code => {
        clearTimeout(late)
        log.end(() => reject(new Error(`the daemon ended with ${code}:\n${readFileSync(logFile, 'utf8')}`)))
      })
      createInterface({ input: child.stdout }).on('line', line => {
        log.write(`${line}\n`)
        const port = /"port":(\d+).*tikmeter is running/.exec(line)?.[1]
        if (port === undefined) return
        clearTimeout(late)
        resolve(Number(port))
      })
    })
    return new DaemonProcess(child, port)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Sends a signal after which it goes on: SIGSTOP, SIGCONT, SIGHUP. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Ends it. @returns the exit code, or the signal that ended it */
  async end(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<number | NodeJS.Signals | null> {
    if (this.isRunning) {
      const ended = once(this.#child, 'exit')
      this.#child.kill(signal)
      // A stopped process would not receive the signal.
      this.#child.kill('SIGCONT')
      await ended
    }
    return this.#child.exitCode ?? this.#child.signalCode
  }
}
