import { type ChildProcess, spawn } from 'node:child_process'

/** The account of the operating system that a program runs as. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

export interface Outcome {
  /** `null` if a signal ended it or it could not be run. */
  readonly exitCode: number | null
  /** Its output on stdout and stderr together. */
  readonly output: string
}

/** Time for a program to end before it is killed. */
const ENDING_MS = 5_000
/** Windows has no process groups, and would open a window. */
const HAS_GROUPS = process.platform !== 'win32'

/**
 * Runs a program to its end, from `/` and with an almost empty environment, so that nothing of ours (`PG*`, a locale, a
 * folder that another user cannot enter) affects it. It has its own session, so that Ctrl-C only reaches us. Never
 * rejects: a program that cannot be run is an outcome too.
 * @param account `undefined`: the current user
 * @param signal ends the program early, with everything that it started
 * @param input its stdin
 */
export function runProgram(
  file: string,
  args: readonly string[],
  account: Account | undefined,
  signal?: AbortSignal,
  input?: string,
): Promise<Outcome> {
  if (signal?.aborted) return Promise.resolve({ exitCode: null, output: 'not run' })
  const as = account ? { uid: account.uid, gid: account.gid } : {}
  return new Promise(resolve => {
    const child = spawn(file, args, {
      ...as,
      cwd: '/',
      env: { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: HAS_GROUPS,
      windowsHide: true,
    })
    // An error means that it does not read its input or has ended; its output then says why.
    child.stdin.on('error', () => {}).end(input)
    let killing: NodeJS.Timeout | undefined
    const end = () => {
      endGroup(child, 'SIGTERM')
      killing = setTimeout(() => endGroup(child, 'SIGKILL'), ENDING_MS)
    }
    signal?.addEventListener('abort', end)
    const settle = (outcome: Outcome) => {
      signal?.removeEventListener('abort', end)
      clearTimeout(killing)
      resolve(outcome)
    }
    let output = ''
    const collect = (text: string) => {
      output += text
    }
    child.stdout.setEncoding('utf8').on('data', collect)
    child.stderr.setEncoding('utf8').on('data', collect)
    child.on('error', error => settle({ exitCode: null, output: error.message }))
    // Its children share its output, so `close` means that all of them have ended.
    child.on('close', exitCode => settle({ exitCode, output: output.trim() }))
  })
}

function endGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(HAS_GROUPS ? -pid : pid, signal)
  } catch {
    // They have ended.
  }
}
