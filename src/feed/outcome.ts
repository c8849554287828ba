import type { CloseCode } from './close-codes.ts'
import type { ErrorCode } from './messages.ts'

/** What comes of a client's message or of time: nothing to tell, an error that closes nothing, or the end. */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'error'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'close'; readonly code: CloseCode; readonly reason: string }

export const DONE: Outcome = { kind: 'done' }

export function errorAnswer(code: ErrorCode, message: string): Outcome {
  return { kind: 'error', code, message }
}

export function closing(code: CloseCode, reason: string): Outcome {
  return { kind: 'close', code, reason }
}
