import type { Topic } from '../../../../src/client/messages.ts'

/** Messages between the processes of the feed bench. Both servers accept the same questions. */

export const INTERVAL_MS = 1_000
export const SECRET = 'a secret of more than thirty-two bytes'

export type ServerQuestion =
  | {
      readonly kind: 'start'
      readonly server: 'tikmeter' | 'bare'
      readonly tenants: number
      /** Sessions of the first tenant; the others have none. */
      readonly sessions: number
    }
  | { readonly kind: 'cpu' }
  | { readonly kind: 'memory' }
  /** Only for tikmeter. */
  | { readonly kind: 'connections' }

export interface Listening {
  readonly port: number
}

export type ClientsQuestion =
  | {
      readonly kind: 'connect'
      readonly port: number
      readonly tenants: number
      /** The clients from `first` to `first + count`; each belongs to the tenant `number modulo tenants`. */
      readonly first: number
      readonly count: number
      readonly topics: readonly Topic[]
    }
  /** Clients stop reading, one after the other. */
  | { readonly kind: 'freeze'; readonly count: number; readonly overMs: number }
  /** Clients read again; answered with the code with which each is closed, after all are. */
  | { readonly kind: 'thaw' }
  | { readonly kind: 'watch'; readonly forMs: number }

export interface Watched {
  readonly frames: number
  /** For each frame, from its `as_of`. */
  readonly delaysMs: readonly number[]
  /** For each frame, from the time of its turn: whole intervals after the promptest one of its tenant. */
  readonly latenessMs: readonly number[]
}
