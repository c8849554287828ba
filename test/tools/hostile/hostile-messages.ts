/** Requests to the hostile router's process. */
export type HostileRequest =
  | { readonly kind: 'start' }
  | { readonly kind: 'turn'; readonly into: string }
  | { readonly kind: 'misdeeds' }
  | { readonly kind: 'stop' }
