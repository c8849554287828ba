/**
 * A part of the daemon. Its constructor takes options and does nothing else. Its metrics are registered in the
 * `*-metrics.ts` beside it.
 */
export interface Component {
  /** Called at most once. If it returns a promise, the part has started once that resolves. */
  start(): unknown
  /** Resolves once nothing of the part runs any more. May be called without a start, during the start, and twice. */
  stop(): Promise<void>
}
