import type { Topic } from '../../../../src/client/messages.ts'

/** What the feed bench's processes ask of each other. Both servers take the same questions. */

export const INTERVAL_MS = 1_000
export const SECRET = 'a secret of more than thirty-two bytes'

export type ServerQuestion =
  | {
      readonly kind: 'start'
      readonly server: 'tikmeter' | 'bare'
      readonly tenants: number
      /** Of the first tenant; the others have none. */
      readonly sessions: number
    }
  | { readonly kind: 'cpu' }
  | { readonly kind: 'memory' }
  /** Of tikmeter alone. */
  | { readonly kind: 'connections' }

export interface Listening {
  readonly port: number
}

export type ClientsQuestion =
  | {
      readonly kind: 'connect'
      readonly port: number
      readonly tenants: number
      /** Of all clients, those from `first` to `first + count`; each is of the tenant at its number modulo `tenants`. */
      readonly first: number
      readonly count: number
      readonly topics: readonly Topic[]
    }
  /** They read no more, one after the other. */
  | { readonly kind: 'freeze'; readonly count: number; readonly overMs: number }
  /** They read again; answered with the code that each is closed with, once all are. */
  | { readonly kind: 'thaw' }
  | { readonly kind: 'watch'; readonly forMs: number }

export interface Watched {
  readonly frames: number
  /** Of each frame, from its `as_of`. */
  readonly delaysMs: readonly number[]
  /** Of each frame, from when its turn was: whole intervals after the promptest one of its tenant. */
  readonly latenessMs: readonly number[]
}
