/** A failure outside of the program, of a router or the database. Anything else that is thrown is a bug that ends it. */
export interface Failure extends Error {
  /** Whether a retry may help. */
  readonly retryable: boolean
  /** Whether the peer sent more than we hold for it, so that it should be left alone for a while. */
  readonly isOverload?: boolean
}

export function isFailure(error: unknown): error is Failure {
  return error instanceof Error && 'retryable' in error && typeof error.retryable === 'boolean'
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
