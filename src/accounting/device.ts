import type { Device, Moment, Window } from './reading.ts'

/** An earlier router at the same address, as it was read last. */
export interface AwayReading {
  readonly device: Device
  readonly at: Moment
  readonly boot: Window
  /** As in `LastReading`. */
  readonly isFromAnotherProcess: boolean
}

export const NONE_AWAY: readonly AwayReading[] = []

/** So many routers are remembered that took turns at one address: some places have a pair of them. */
const MOST_AWAY = 4

/** What a router is known again by. */
export function deviceKey({ serial, identity }: Device): string {
  return serial === undefined ? `identity ${identity}` : `serial ${serial}`
}

/** @returns `undefined` where neither tells: a router that has no serial number may have been given another name */
export function isSameDevice(before: Device, now: Device): boolean | undefined {
  if (before.serial !== undefined && now.serial !== undefined) return before.serial === now.serial
  if (before.identity === '' || now.identity === '') return true
  return before.identity === now.identity ? true : undefined
}

/** @param away those that were, the newest last */
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
