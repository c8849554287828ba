import type { FeedState } from '../client/feed.ts'

/** Whether the numbers on the page are current. */
export type PageStatus =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Connected, but without snapshots for some intervals. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'lost'; readonly retryMs: number }

/** @param wasLive whether there was a connection before */
export function pageStatusOf(state: FeedState, isStale: boolean, wasLive: boolean): PageStatus {
  switch (state.kind) {
    case 'live':
      return { kind: isStale ? 'stale' : 'live' }
    case 'connecting':
      return wasLive ? { kind: 'lost', retryMs: 0 } : { kind: 'connecting' }
    case 'waiting':
      return { kind: 'lost', retryMs: state.ms }
    case 'closed':
      return { kind: 'lost', retryMs: 0 }
    default:
      return state satisfies never
  }
}

/** One or two words for the head of the page. */
export function labelOf({ kind }: PageStatus): string {
  return { connecting: 'Connecting', live: 'Live', stale: 'Out of date', lost: 'Not connected' }[kind]
}

/** A sentence if something is wrong. @param asOf the time of the numbers, as text */
export function bannerOf(status: PageStatus, asOf: string | undefined): string | undefined {
  const numbers = asOf === undefined ? 'There are no numbers yet.' : `The numbers are from ${asOf}.`
  switch (status.kind) {
    case 'connecting':
    case 'live':
      return undefined
    case 'stale':
      return `No new numbers for a while. ${numbers}`
    case 'lost':
      return `The connection is lost. Reconnecting … ${numbers}`
    default:
      return status satisfies never
  }
}

/** Why the server refuses the token for good; `undefined` if it does not. */
export function refusalOf(state: FeedState): string | undefined {
  if (state.kind !== 'waiting' && state.kind !== 'closed') return undefined
  const { why } = state
  if (why?.kind !== 'closed') return undefined
  return why.code === 4401 || why.code === 4403 ? why.reason : undefined
}

/** @param reason text from the server */
export function refusalWords(reason: string): string {
  if (reason.includes('expired')) return 'This token has expired. Paste a new one.'
  return `This token is not accepted${reason === '' ? '' : `: ${reason}`}. Check it, or ask for a new one.`
}
