/** Requests of the reconnect bench to the clients' process. */

/** Number of clients of each tenant, and number of Pusher clients. */
export interface Crowd {
  readonly tenants: readonly { readonly id: string; readonly clients: number }[]
  readonly pusher: { readonly key: string; readonly clients: number }
}

export type ClientsQuestion =
  /** Answered once each has a snapshot. */
  | { readonly kind: 'connect'; readonly port: number; readonly crowd: Crowd }
  /** Answered with `Live` once each has a snapshot from after that instant, or when the time is over. */
  | { readonly kind: 'await'; readonly sinceMs: number; readonly withinMs: number }

/** When each live client had its first snapshot from after the restart, by the wall clock. */
export interface Live {
  readonly feedAtMs: readonly number[]
  readonly pusherAtMs: readonly number[]
  /** Number of reconnect attempts so far: one per client if nothing went wrong. */
  readonly attempts: number
  /** Reasons why attempts ended, with their numbers. */
  readonly ends: Readonly<Record<string, number>>
}
