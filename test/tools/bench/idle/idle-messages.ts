/** What the idle bench's processes ask of each other. */

export interface Ports {
  readonly plain: number
  readonly tls: number
}

export type DaemonQuestion =
  | {
      readonly kind: 'connect'
      readonly routers: number
      readonly port: number
      /** PEM of who signed the routers' certificate; absent: plain TCP. */
      readonly ca?: string
    }
  | { readonly kind: 'cpu' }
  | { readonly kind: 'memory' }
