/** `onBug` for tests that expect no bug: what waits for the part gets the error. */
export function rethrow(error: unknown): never {
  throw error
}
