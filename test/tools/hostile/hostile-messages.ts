/** What the hostile router's process is asked for. */
export type HostileRequest =
  | { readonly kind: 'start' }
  | { readonly kind: 'turn'; readonly into: string }
  | { readonly kind: 'misdeeds' }
  | { readonly kind: 'stop' }
