import type { CloseCode } from './close-codes.ts'
import type { ErrorCode } from './feed-messages.ts'

/** The result of a client's message or of a time check: nothing, an error answer, or a close. */
export type RequestOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'error'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'close'; readonly code: CloseCode; readonly reason: string }

export const DONE: RequestOutcome = { kind: 'done' }

export function errorAnswer(code: ErrorCode, message: string): RequestOutcome {
  return { kind: 'error', code, message }
}

export function closing(code: CloseCode, reason: string): RequestOutcome {
  return { kind: 'close', code, reason }
}
