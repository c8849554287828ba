/** Messages between the processes of the idle bench. */

export interface Ports {
  readonly plain: number
  readonly tls: number
}

export type DaemonQuestion =
  | {
      readonly kind: 'connect'
      readonly routers: number
      readonly port: number
      /** PEM of the CA of the routers' certificate; without it plain TCP. */
      readonly ca?: string
    }
  | { readonly kind: 'cpu' }
  | { readonly kind: 'memory' }
