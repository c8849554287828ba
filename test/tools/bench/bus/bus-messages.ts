/** What the bench tells one of its daemons to do. */
export type DaemonQuestion =
  | {
      readonly kind: 'begin'
      readonly url: string
      /** This daemon's number among `daemons`, which share the tenants in turn. */
      readonly number: number
      readonly daemons: number
      readonly tenants: number
      /** Tenants that somebody asks for at this daemon. */
      readonly watched: number
    }
  /** The other way: the same number of messages of the same size, and nothing else. */
  | { readonly kind: 'bare'; readonly url: string; readonly messages: number; readonly bytes: number }
  | { readonly kind: 'counts' }

export interface Counts {
  readonly cpuMs: number
  readonly published: number
  readonly received: number
  readonly bytes: number
  /** Of the newest parts that others published of the watched tenants, in milliseconds. */
  readonly agesMs: readonly number[]
}
