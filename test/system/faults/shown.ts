import type { Outcome } from './command.ts'

/** What a user sees of a fault: one line, and the exit code of the command. */
export interface Shown {
  readonly code: number | null
  readonly line: string
}

const FATAL = 60

/** The daemon's last words. A daemon that cannot start logs one such line, and prints nothing outside its log. */
export function fatalOf({ code, stdout, stderr }: Outcome): Shown {
  const fatal = stdout
    .split('\n')
    .filter(line => line !== '')
    .map((line): { level: number; msg: string } => JSON.parse(line))
    .filter(({ level }) => level === FATAL)
  return { code, line: [...fatal.map(({ msg }) => msg), stderr.trim()].filter(it => it !== '').join(' | ') }
}

/** What a command other than the daemon printed to standard error; a hint follows in brackets on a separate line. */
export function errorOf({ code, stderr }: Outcome): Shown {
  return { code, line: stderr.trim().replaceAll('\n(', ' (') }
}

/** The findings of `probe`, with what to do. */
export function findingOf({ code, stdout }: Outcome): Shown {
  const found = [...stdout.matchAll(/^ {2}[✗!] (.*)\n {4}→ (.*)$/gm)]
  return { code, line: found.map(([, what, advice]) => `${what} → ${advice}`).join(' | ') }
}
