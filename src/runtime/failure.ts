/** The outside failed us: a router, the database. Anything else that is thrown is a bug, and not to be gone on with. */
export interface Failure extends Error {
  /** Whether the same may work a moment later. */
  readonly retryable: boolean
  /** Whether it sent more than it may make us hold, and is to be let alone for a while. */
  readonly isOverload?: boolean
}

export function isFailure(error: unknown): error is Failure {
  return error instanceof Error && 'retryable' in error && typeof error.retryable === 'boolean'
}
