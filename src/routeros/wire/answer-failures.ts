import { RouterTimeout, RouterTrap } from '../errors.ts'
import type { Row } from './sentence.ts'

/** So many of a command's errors are told. */
export const MOST_TRAPS = 8

/** @param isHeard whether anything came while it was waited for, so that the link is there */
export function slowness(command: string, timeoutMs: number, isHeard: boolean): RouterTimeout {
  const why = isHeard ? 'is slow: raise timeout' : 'is slow (raise timeout), or the link to it broke'
  return new RouterTimeout('answer', `${command}: no answer within ${timeoutMs} ms: the router ${why}`)
}

/** @param traps of the command, of which `first` has its category */
export function trapOf(command: string, first: Row, traps: readonly Row[]): RouterTrap {
  const category = first.get('category')
  const messages = traps.map(trap => trap.get('message') ?? 'refused without a message')
  return new RouterTrap(command, messages, category === undefined ? undefined : Number(category))
}
