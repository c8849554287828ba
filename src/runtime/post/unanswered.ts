import { errorCodeOf, isCertificateCode } from '../error-code.ts'

/**
 * Says why there was no answer, from the error code only: messages of Node name hosts, and a URL may be a secret.
 */
export function whyUnanswered(error: Error | undefined): string {
  const code = errorCodeOf(error)
  if (code === undefined) return 'connection closed without an answer'
  const known = MEANINGS[code]
  if (known !== undefined) return known
  if (isCertificateCode(code)) return `certificate refused (${code})`
  if (code.startsWith('HPE_')) return `its answer is not HTTP (${code})`
  return `connection failed (${code})`
}

const MEANINGS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection closed without an answer',
  EPIPE: 'connection closed without an answer',
  ENOTFOUND: 'host unknown',
  EAI_AGAIN: 'host unknown: its name server does not answer',
  EHOSTUNREACH: 'host not reachable',
  ENETUNREACH: 'host not reachable',
  ETIMEDOUT: 'host not reachable',
  TIKMETER_PRIVATE_ADDRESS: 'refused: its address is private, and webhooks_private is false',
  EMFILE: 'no file descriptor is left here',
  ENFILE: 'no file descriptor is left here',
  EPROTO: 'TLS handshake failed',
}
