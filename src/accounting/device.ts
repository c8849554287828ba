import type { Device, Moment, Window } from './reading.ts'

/** The last reading of a router that is away: another router answers at its address now. */
export interface AwayReading {
  readonly device: Device
  readonly at: Moment
  readonly boot: Window
  /** As in `LastReading`. */
  readonly isFromAnotherProcess: boolean
}

export const NONE_AWAY: readonly AwayReading[] = []

/** The most routers that are remembered for one address (docs/accounting.md rule 24). Pairs are common (VRRP). */
const MOST_AWAY = 4

/** The key by which a router is recognised: its serial number, or its name if it has none. */
export function deviceKey({ serial, identity }: Device): string {
  return serial === undefined ? `identity ${identity}` : `serial ${serial}`
}

/**
 * Whether two readings are of the same router.
 * @returns `undefined` if it cannot be known: a router without a serial number may have got another name
 */
export function isSameDevice(before: Device, now: Device): boolean | undefined {
  if (before.serial !== undefined && now.serial !== undefined) return before.serial === now.serial
  if (before.identity === '' || now.identity === '') return true
  return before.identity === now.identity ? true : undefined
}

/**
 * The routers that are away once `last` has been replaced by `now`.
 * @param away those before, the newest last
 */
export function wentAway(
  away: readonly AwayReading[],
  last: AwayReading,
  now: Device,
): readonly AwayReading[] {
  const others = away.filter(
    ({ device }) => ![deviceKey(last.device), deviceKey(now)].includes(deviceKey(device)),
  )
  return [...others, last].slice(-MOST_AWAY)
}
