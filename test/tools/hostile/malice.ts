import type { Victim } from './victim.ts'

/** What a hostile router does where an honest one answers. For missing members it answers honestly. */
export interface Malice {
  /** A description for the table. */
  readonly about: string
  /** Answers a login, instead of `!done`. */
  readonly login?: (victim: Victim, tag: string) => Promise<unknown>
  /** Answers a print of its hotspot sessions. @param poll number of such requests before */
  readonly sessions?: (victim: Victim, tag: string, poll: number) => Promise<unknown>
  /** Sends something after each of those answers, without a request. @param listen the tag of the hotspot's listen */
  readonly between?: (victim: Victim, listen: string) => Promise<unknown>
}

/** Every other victim gets as much as possible, and the rest what is just within a daemon's limits. */
export function isBold(victim: Victim): boolean {
  return victim.number % 2 === 0
}
