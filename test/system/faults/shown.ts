import type { Outcome } from './command.ts'

/** What a user is shown of a fault: one line, and with which code the command ended. */
export interface Shown {
  readonly code: number | null
  readonly line: string
}

const FATAL = 60

/** What the daemon said last of all. A daemon that can't start says one such line, and nothing beside its log. */
export function fatalOf({ code, stdout, stderr }: Outcome): Shown {
  const fatal = stdout
    .split('\n')
    .filter(line => line !== '')
    .map((line): { level: number; msg: string } => JSON.parse(line))
    .filter(({ level }) => level === FATAL)
  return { code, line: [...fatal.map(({ msg }) => msg), stderr.trim()].filter(it => it !== '').join(' | ') }
}

/** What a command that is no daemon said on standard error; a hint is in brackets, on a line of its own. */
export function errorOf({ code, stderr }: Outcome): Shown {
  return { code, line: stderr.trim().replaceAll('\n(', ' (') }
}

/** What `probe` found, with what to do. */
export function findingOf({ code, stdout }: Outcome): Shown {
  const found = [...stdout.matchAll(/^ {2}[✗!] (.*)\n {4}→ (.*)$/gm)]
  return { code, line: found.map(([, what, advice]) => `${what} → ${advice}`).join(' | ') }
}
