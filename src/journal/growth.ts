import { addBytes, type Bytes } from '../accounting/bytes.ts'
import type { Session, Standing } from '../accounting/session.ts'

/** @returns that by which `last` has grown to be exactly `next`, `undefined` where it has done anything else */
export function growthOf(last: Session, next: Session, steadyMs: number): Bytes | undefined {
  if (last.mark.kind !== 'counted' || next.mark.kind !== 'counted') return undefined
  if (next.mark.sinceMs !== undefined || next.lastMovedMs !== steadyMs || !isSameButNumbers(last, next))
    return undefined
  const by = bytesGrowth(last.mark.counters, next.mark.counters)
  return by && isSame(addBytes(last.recorded, by), next.recorded) ? by : undefined
}

/** Whether two sessions that can grow differ in nothing but their counters. */
export function isSameStanding(a: Standing, b: Standing): boolean {
  return !a.mark && !b.mark && isSame(a.beyond, b.beyond) && isSameButNumbers(a, b)
}

/** @returns what was added to `last`, `undefined` where that is not two counts, or does not lead to `next` exactly */
export function bytesGrowth(last: Bytes, next: Bytes): Bytes | undefined {
  const by = { upload: next.upload - last.upload, download: next.download - last.download }
  return isCount(by.upload) && isCount(by.download) && isSame(addBytes(last, by), next) ? by : undefined
}

export function isSameSession(a: Session, b: Session): boolean {
  const areMarksSame =
    a.mark.kind === 'counted'
      ? b.mark.kind === 'counted' &&
        isSame(a.mark.counters, b.mark.counters) &&
        a.mark.sinceMs === b.mark.sinceMs
      : b.mark.kind === 'owed' && a.mark.from === b.mark.from
  return (
    areMarksSame &&
    isSame(a.recorded, b.recorded) &&
    a.lastMovedMs === b.lastMovedMs &&
    isSameButNumbers(a, b)
  )
}

export function isSame(a: Bytes, b: Bytes): boolean {
  return a.upload === b.upload && a.download === b.download
}

function isSameButNumbers(a: Session | Standing, b: Session | Standing): boolean {
  return (
    a.id === b.id &&
    a.service === b.service &&
    a.protocol === b.protocol &&
    a.username === b.username &&
    a.server === b.server &&
    a.macAddress === b.macAddress &&
    a.ipAddress === b.ipAddress &&
    a.routerSessionId === b.routerSessionId &&
    a.callerId === b.callerId &&
    a.binding === b.binding &&
    a.startMs === b.startMs &&
    a.login.earliestMs === b.login.earliestMs &&
    a.login.latestMs === b.login.latestMs &&
    a.isStallReported === b.isStallReported
  )
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
