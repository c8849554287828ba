/**
 * A part of the daemon. Its constructor takes its options and does nothing else. What is measured of it is registered by
 * the file beside it that is named for its metrics.
 */
export interface Component {
  /** Called at most once. If it returns a promise, the part has started once that resolves. */
  start(): unknown
  /** Resolves once nothing of it runs. May be called without a start, during the start, and again. */
  stop(): Promise<void>
}
