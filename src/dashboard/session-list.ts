import type { Session } from '../client/feed.ts'

export const SORT_KEYS = [
  ...['username', 'service', 'router', 'ip_address', 'start_time'],
  ...['download', 'upload', 'download_bps', 'upload_bps'],
] as const satisfies readonly (keyof Session)[]
export type SortKey = (typeof SORT_KEYS)[number]

/** The part of the sessions that is shown. */
export interface SessionView {
  readonly filter: string
  readonly sort: SortKey
  readonly isDescending: boolean
  /** Counted from 0. */
  readonly page: number
}

export interface SessionPage {
  readonly rows: readonly Session[]
  /** Number of sessions that match the filter. */
  readonly matching: number
  /** Counted from 0; the last page if there are fewer pages now. */
  readonly page: number
  readonly pages: number
}

export const PAGE_ROWS = 100

/** Compares digits as numbers, so that `user-9` and 10.0.0.9 come before `user-10` and 10.0.0.10. */
const words = new Intl.Collator('en', { numeric: true })

/** Equal sessions are sorted by name and id, so that they keep their places. */
export function pageOf(sessions: readonly Session[], view: SessionView): SessionPage {
  const wanted = view.filter.trim().toLowerCase()
  const matching = wanted === '' ? [...sessions] : sessions.filter(session => isFound(session, wanted))
  const direction = view.isDescending ? -1 : 1
  matching.sort(
    (a, b) =>
      direction * compare(a[view.sort], b[view.sort]) ||
      words.compare(a.username, b.username) ||
      compare(a.id, b.id),
  )
  const pages = Math.max(1, Math.ceil(matching.length / PAGE_ROWS))
  const page = Math.min(view.page, pages - 1)
  return {
    rows: matching.slice(page * PAGE_ROWS, (page + 1) * PAGE_ROWS),
    matching: matching.length,
    ...{ page, pages },
  }
}

/** The view after a click on a column: reversed, or in the column's default order (numbers and times descending). */
export function sortedBy(view: SessionView, sort: SortKey): SessionView {
  const isText = sort === 'username' || sort === 'service' || sort === 'router' || sort === 'ip_address'
  return { ...view, sort, page: 0, isDescending: view.sort === sort ? !view.isDescending : !isText }
}

function isFound({ username, router, ip_address, mac_address }: Session, wanted: string): boolean {
  return [username, router, ip_address ?? '', mac_address ?? ''].some(it => it.toLowerCase().includes(wanted))
}

function compare(a: string | number | null, b: string | number | null): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return words.compare(String(a ?? ''), String(b ?? ''))
}
