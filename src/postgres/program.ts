import { type ChildProcess, spawn } from 'node:child_process'

/** The operating system's user that a program runs as. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

export interface Outcome {
  /** `null` where a signal ended it, or it could not be run at all. */
  readonly exitCode: number | null
  /** What it said, on stdout and stderr together. */
  readonly output: string
}

/** For a program that was told to end, before it is killed. */
const ENDING_MS = 5_000
/** Windows has no groups of processes, and would open a window. */
const HAS_GROUPS = process.platform !== 'win32'

/**
 * Runs a program to its end, from `/` and with next to no environment, so that nothing of ours (`PG*`, a locale, a
 * folder another user can't enter) changes what it does. It is in a session of its own, so that a Ctrl-C reaches us
 * alone. Never rejects: what could not be run is an outcome too.
 * @param account `undefined` for the user we are
 * @param signal ends the program early, with all that it started
 * @param input what it reads on stdin
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
    // One that does not read it, or ended already, has said why in its output.
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
    // What it started has its output too, so this is the end of all of them.
    child.on('close', exitCode => settle({ exitCode, output: output.trim() }))
  })
}

function endGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(HAS_GROUPS ? -pid : pid, signal)
  } catch {
    // They are gone.
  }
}
