import { spawn } from 'node:child_process'

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

/**
 * Runs a program to its end, from `/` and with next to no environment, so that nothing of ours (`PG*`, a locale, a
 * folder another user can't enter) changes what it does. Never rejects: what could not be run is an outcome too.
 * @param account `undefined` for the user we are
 */
export function runProgram(
  file: string,
  args: readonly string[],
  account: Account | undefined,
): Promise<Outcome> {
  const as = account ? { uid: account.uid, gid: account.gid } : {}
  return new Promise(resolve => {
    const child = spawn(file, args, {
      ...as,
      cwd: '/',
      env: { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    })
    let output = ''
    const collect = (text: string) => {
      output += text
    }
    child.stdout.setEncoding('utf8').on('data', collect)
    child.stderr.setEncoding('utf8').on('data', collect)
    child.on('error', error => resolve({ exitCode: null, output: error.message }))
    child.on('close', exitCode => resolve({ exitCode, output: output.trim() }))
  })
}
