/** Requests of the bench to the server's process. */
export type CsvQuestion =
  | { readonly kind: 'start'; readonly url: string }
  | { readonly kind: 'cpu' | 'memory' }

export interface CsvListening {
  readonly port: number
}
