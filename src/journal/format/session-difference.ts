import { addBytes, type Bytes } from '../../accounting/bytes.ts'
import { areSameDoubts } from '../../accounting/counting/doubt-text.ts'
import type { Mark } from '../../accounting/counting/mark.ts'
import type { Session, SessionDetails } from '../../accounting/session.ts'

/** @returns what `last` grew by to become exactly `next`; `undefined` if anything else changed */
export function growthOf(last: Session, next: Session, steadyMs: number): Bytes | undefined {
  if (last.mark.kind !== 'counted' || next.mark.kind !== 'counted') return undefined
  if (next.mark.sinceMs !== undefined || next.lastMovedMs !== steadyMs || !isSameButNumbers(last, next))
    return undefined
  if (!areSameDoubts(last.mark.doubts, next.mark.doubts)) return undefined
  const by = bytesGrowth(last.mark.counters, next.mark.counters)
  return by && isSame(addBytes(last.recorded, by), next.recorded) ? by : undefined
}

/** Whether two sessions that can grow differ only in their counters. */
export function isSameDetails(a: SessionDetails, b: SessionDetails): boolean {
  return (
    !a.mark &&
    !b.mark &&
    areSameDoubts(a.doubts, b.doubts) &&
    isSame(a.beyond, b.beyond) &&
    isSameButNumbers(a, b)
  )
}

/** @returns what was added to `last`; `undefined` if it is not two counts that lead to `next` exactly */
export function bytesGrowth(last: Bytes, next: Bytes): Bytes | undefined {
  const by = { upload: next.upload - last.upload, download: next.download - last.download }
  return isCount(by.upload) && isCount(by.download) && isSame(addBytes(last, by), next) ? by : undefined
}

export function isSameSession(a: Session, b: Session): boolean {
  return (
    isSameMark(a.mark, b.mark) &&
    isSame(a.recorded, b.recorded) &&
    a.lastMovedMs === b.lastMovedMs &&
    isSameButNumbers(a, b)
  )
}

function isSameMark(a: Mark, b: Mark): boolean {
  if (a.sinceMs !== b.sinceMs) return false
  if (a.kind === 'counted')
    return b.kind === 'counted' && isSame(a.counters, b.counters) && areSameDoubts(a.doubts, b.doubts)
  if (b.kind !== 'owed' || a.from !== b.from) return false
  return a.shown && b.shown ? isSame(a.shown, b.shown) : a.shown === b.shown
}

export function isSame(a: Bytes, b: Bytes): boolean {
  return a.upload === b.upload && a.download === b.download
}

function isSameButNumbers(a: Session | SessionDetails, b: Session | SessionDetails): boolean {
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
    a.domain === b.domain &&
    a.guessed === b.guessed &&
    a.among === b.among &&
    a.reported === b.reported &&
    a.missed?.goneMs === b.missed?.goneMs &&
    a.missed?.lastSeenMs === b.missed?.lastSeenMs
  )
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
