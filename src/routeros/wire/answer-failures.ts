import { RouterTimeout, RouterTrap } from '../errors.ts'
import type { Row } from './sentence.ts'

/** Limit of the traps of one command that are kept. */
export const MOST_TRAPS = 8

/** @param isHeard whether the router sent anything while we waited, which shows that the link works */
export function answerTimeout(command: string, timeoutMs: number, isHeard: boolean): RouterTimeout {
  const why = isHeard ? 'is slow: raise timeout' : 'is slow (raise timeout), or the link to it broke'
  return new RouterTimeout('answer', `${command}: no answer within ${timeoutMs} ms: the router ${why}`)
}

/** @param traps all of the command's; `first` has the category */
export function trapOf(command: string, first: Row, traps: readonly Row[]): RouterTrap {
  const category = first.get('category')
  const messages = traps.map(trap => trap.get('message') ?? 'refused without a message')
  return new RouterTrap(command, messages, category === undefined ? undefined : Number(category))
}
