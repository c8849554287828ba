/** What the operator set for a router. */
export interface Terms {
  readonly plausibleBitsPerSecond: number
  readonly stalledAfterMs: number
}
