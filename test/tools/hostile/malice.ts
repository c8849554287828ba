import type { Victim } from './victim.ts'

/** What a hostile router does where an honest one answers. What is left out, it answers as an honest one does. */
export interface Malice {
  /** In words, for a table. */
  readonly about: string
  /** In the place of `!done` to a login. */
  readonly login?: (victim: Victim, tag: string) => Promise<unknown>
  /** To a print of its hotspot's sessions. @param poll how many of them came before */
  readonly sessions?: (victim: Victim, tag: string, poll: number) => Promise<unknown>
  /** Behind each of those answers, where nobody has asked for anything. @param listen the tag of the hotspot's listen */
  readonly between?: (victim: Victim, listen: string) => Promise<unknown>
}

/** Every other victim is sent as much as fits, and those between them what is just within a daemon's limits. */
export function isBold(victim: Victim): boolean {
  return victim.number % 2 === 0
}
