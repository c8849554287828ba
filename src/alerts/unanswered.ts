/**
 * Why there was no answer, by the error's code alone: messages of Node name hosts, and an address may be a secret.
 */
export function whyUnanswered(error: Error | undefined): string {
  const code = error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
  if (code === undefined) return 'connection closed without an answer'
  const known = MEANINGS[code]
  if (known !== undefined) return known
  if (CERTIFICATE_CODES.test(code)) return `certificate refused (${code})`
  if (code.startsWith('HPE_')) return `its answer is no HTTP (${code})`
  return `connection failed (${code})`
}

const CERTIFICATE_CODES = /CERT|SIGNATURE|ISSUER|_CA$|ALTNAME|CRL|PURPOSE|PATH_LENGTH|HOSTNAME_MISMATCH/

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
  EPROTO: 'TLS handshake failed',
}
