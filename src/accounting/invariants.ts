import { addSums, type ByteSum, type Bytes, NO_SUM, Total } from './bytes.ts'
import type { Columns, Growth } from './columns/columns.ts'
import type { Decision } from './entry.ts'
import type { RouterKey } from './ids.ts'
import type { GrowthShare, Shares } from './spread.ts'

/**
 * A broken invariant that the recorded numbers rest on. It is a bug, so no caller handles it. It ends the process, and
 * the next process continues from the journal and the database.
 */
export class BrokenInvariant extends Error {
  override readonly name = 'BrokenInvariant'

  /**
   * @param invariant the rule that is broken, in words
   * @param values that break it
   */
  constructor(router: RouterKey, invariant: string, values: Readonly<Record<string, number | bigint>>) {
    const parts = Object.entries(values).map(([name, value]) => `${name} ${value}`)
    super(`${router}: ${invariant}: ${parts.join(', ')}`)
  }
}

const COUNTED = 'counted bytes are whole and not negative'
const ONE_ELEMENT = 'growth has one element for each session'
const SHARES_ADD_UP = 'the shares of a delta add up to the delta'
const NOT_NEGATIVE = 'sums are not negative'

/** Checks that a decision's position is after the previous one. @throws BrokenInvariant */
export function checkPosition(router: RouterKey, before: number, after: number): void {
  if (!(after > before)) throw new BrokenInvariant(router, 'positions only grow', { before, after })
}

/** Checks that two positions are the same. @param invariant the rule, in words. @throws BrokenInvariant */
export function checkSamePosition(
  router: RouterKey,
  invariant: string,
  position: number,
  found: number,
): void {
  if (position !== found) throw new BrokenInvariant(router, invariant, { position, found })
}

/**
 * Checks that counted bytes are whole and not negative, that the growth has one element for each session of the columns
 * that grew, and that its total is their sum. Looks at each entry and element once.
 * @throws BrokenInvariant
 */
export function checkDecision(router: RouterKey, { entries, growth }: Decision): void {
  for (const entry of entries)
    if (entry.kind !== 'stop') for (const { delta } of entry.counted) checkCounted(router, delta)
  if (growth) checkGrowth(router, growth)
}

function checkCounted(router: RouterKey, { upload, download }: Bytes): void {
  if (!isCounted(upload) || !isCounted(download))
    throw new BrokenInvariant(router, COUNTED, { upload, download })
}

function isCounted(bytes: number): boolean {
  return bytes >= 0 && Number.isSafeInteger(bytes)
}

function checkGrowth(router: RouterKey, { columns, numbers, upload, download, total }: Growth): void {
  const { length } = numbers
  if (upload.length !== length || download.length !== length)
    throw new BrokenInvariant(router, ONE_ELEMENT, {
      ...{ sessions: length, upload: upload.length, download: download.length },
    })
  const sum = new Total()
  for (let index = 0; index < length; index++) {
    const number = numbers[index] ?? -1
    const byUpload = upload[index] ?? -1
    const byDownload = download[index] ?? -1
    if (columns.details[number] === undefined)
      throw new BrokenInvariant(router, 'growth is of sessions that the columns have', { number })
    if (!isCounted(byUpload) || !isCounted(byDownload))
      throw new BrokenInvariant(router, COUNTED, { upload: byUpload, download: byDownload })
    sum.add(byUpload, byDownload)
  }
  checkSums(router, 'the elements of a growth add up to its total', total, sum.sum)
}

/** Checks that the shares of each delta add up to the delta, and that none is negative. @throws BrokenInvariant */
export function checkShares(router: RouterKey, { entries }: Decision, shares: Shares): void {
  for (const entry of entries) {
    if (entry.kind === 'stop' || entry.counted.length === 0) continue
    const [counted, spread] = [new Total(), new Total()]
    for (const { delta } of entry.counted) counted.add(delta.upload, delta.download)
    for (const share of shares.get(entry) ?? []) {
      checkCounted(router, share)
      spread.add(share.upload, share.download)
    }
    checkSums(router, SHARES_ADD_UP, counted.sum, spread.sum)
  }
}

/** Checks the same for the shares of a growth, by their totals alone. @throws BrokenInvariant */
export function checkGrowthShares(
  router: RouterKey,
  growth: Growth | undefined,
  shares: readonly GrowthShare[],
): void {
  const sessions = growth?.numbers.length ?? 0
  let sum = NO_SUM
  for (const { upload, download, total } of shares) {
    if (upload.length !== sessions || download.length !== sessions)
      throw new BrokenInvariant(router, ONE_ELEMENT, {
        ...{ sessions, upload: upload.length, download: download.length },
      })
    if (isNegative(total)) throw new BrokenInvariant(router, NOT_NEGATIVE, { ...total })
    sum = addSums(sum, total)
  }
  checkSums(router, SHARES_ADD_UP, growth?.total ?? NO_SUM, sum)
}

/** Checks that two sums are the same and not negative. @param invariant the rule, in words. @throws BrokenInvariant */
export function checkSums(router: RouterKey, invariant: string, wanted: ByteSum, found: ByteSum): void {
  if (isNegative(wanted)) throw new BrokenInvariant(router, NOT_NEGATIVE, { ...wanted })
  if (wanted.upload === found.upload && wanted.download === found.download) return
  throw new BrokenInvariant(router, invariant, {
    ...{ upload: wanted.upload, download: wanted.download },
    ...{ foundUpload: found.upload, foundDownload: found.download },
  })
}

function isNegative({ upload, download }: ByteSum): boolean {
  return upload < 0n || download < 0n
}

/** Checks that all arrays of the columns have one length, with an element for each session. @throws BrokenInvariant */
export function checkColumns(router: RouterKey, columns: Columns | undefined): void {
  if (!columns) return
  const { upload, download, lastMovedMs, loginEarliestMs, loginLatestMs, flags, details } = columns
  const { length } = upload
  if (
    download.length === length &&
    lastMovedMs.length === length &&
    loginEarliestMs.length === length &&
    loginLatestMs.length === length &&
    flags.length === length &&
    details.length <= length
  )
    return
  throw new BrokenInvariant(router, 'the arrays of the columns have one length', {
    ...{ sessions: details.length, upload: length, download: download.length, flags: flags.length },
    ...{ lastMovedMs: lastMovedMs.length },
    ...{ loginEarliestMs: loginEarliestMs.length, loginLatestMs: loginLatestMs.length },
  })
}
