import type { Bytes } from '../../../src/accounting/bytes.ts'
import type { Telling } from './lie.ts'
import type { PppInterface } from './ppp-interface.ts'
import type { HotspotSession, PppSession, SimulatedSession } from './session.ts'

/** The counters in a row, and when the row was made, by the router's clock. */
export interface Shown {
  readonly counters: Bytes
  readonly atMs: number
}

/** What a row of a reply lets the client know, as far as the truth is concerned. */
export type Sight =
  | { readonly kind: 'hotspot'; readonly session: HotspotSession; readonly shown: Shown }
  | { readonly kind: 'ppp'; readonly session: PppSession }
  /** `session` is the one that was on it. */
  | { readonly kind: 'server'; readonly interface: PppInterface; readonly session: PppSession | undefined }
  | { readonly kind: 'interface'; readonly interface: PppInterface; readonly shown: Shown }
  /** The reply lies about the session. */
  | { readonly kind: 'lie'; readonly session: SimulatedSession; readonly lie: Telling }
