/** Node's code of an error, such as `ECONNREFUSED`; `undefined` if it has none. */
export function errorCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

const CERTIFICATE_CODES = /CERT|SIGNATURE|ISSUER|_CA$|ALTNAME|CRL|PURPOSE|PATH_LENGTH|HOSTNAME_MISMATCH/

/** Whether a TLS connection failed because the peer's certificate is not accepted. */
export function isCertificateCode(code: string): boolean {
  return CERTIFICATE_CODES.test(code)
}
