/** What the reconnect bench asks of the clients' process. */

/** How many clients each tenant has, and how many of Pusher's beside them. */
export interface Crowd {
  readonly tenants: readonly { readonly id: string; readonly clients: number }[]
  readonly pusher: { readonly key: string; readonly clients: number }
}

export type ClientsQuestion =
  /** Answered once each has a snapshot. */
  | { readonly kind: 'connect'; readonly port: number; readonly crowd: Crowd }
  /** Answered with `Live` once each has a snapshot that is younger than that, or when the time is over. */
  | { readonly kind: 'await'; readonly sinceMs: number; readonly withinMs: number }

/** When each of those that are live had its first snapshot of after the restart, by the wall clock. */
export interface Live {
  readonly feedAtMs: readonly number[]
  readonly pusherAtMs: readonly number[]
  /** How often a client was on its way back so far: once each, where nothing went wrong. */
  readonly attempts: number
  /** Why attempts ended, and how often each. */
  readonly ends: Readonly<Record<string, number>>
}
