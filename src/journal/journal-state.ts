/** What the journal does, for operators. */
export type JournalState =
  | { readonly kind: 'writing'; readonly bytes: number; readonly maxBytes: number }
  | { readonly kind: 'failing'; readonly reason: string; readonly bytes: number; readonly maxBytes: number }
