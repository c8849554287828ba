import { isCertificateCode } from '../../runtime/error-code.ts'
import { type Distrust, RouterCertificateRefused, type RouterError, RouterTlsFailed } from '../errors.ts'

/**
 * Explains why the TLS handshake failed, in plain words instead of OpenSSL's.
 * @returns `undefined` for an error that has nothing to do with TLS
 */
export function tlsFailure(error: NodeJS.ErrnoException): RouterError | undefined {
  const { code = '', message } = error
  const options = { cause: error }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER') return new RouterTlsFailed('absent', NO_TLS, options)
  if (OUTDATED_CODES.test(code)) return new RouterTlsFailed('outdated', OUTDATED, options)
  if (code.endsWith('ALERT_HANDSHAKE_FAILURE'))
    return new RouterCertificateRefused('none', NO_CERTIFICATE, options)
  // Node has no code for these two.
  const weakness = WEAKNESSES.find(it => it.said.test(message))
  if (weakness) return new RouterCertificateRefused('weak', weakness.message, options)
  if (isCertificateCode(code))
    return new RouterCertificateRefused(DISTRUST[code] ?? 'unknown-authority', message, options)
  if (!code.startsWith('ERR_SSL_')) return undefined
  return new RouterTlsFailed('other', `the TLS handshake failed: ${reasonOf(error)}`, options)
}

/** OpenSSL's message names its source code. Its `reason` is a few plain words. */
function reasonOf(error: NodeJS.ErrnoException): string {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : (error.code ?? '')
}

const NO_TLS = 'this port does not speak TLS (api-ssl has 8729)'

/** Codes of routers that do not offer TLS 1.2: from an alert, or from their answer to our greeting. */
const OUTDATED_CODES = /_(ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW)$/
const OUTDATED = 'the router’s TLS is too old: it does not offer TLS 1.2'

/** A router without a certificate only offers anonymous key exchange, which we do not accept. */
const NO_CERTIFICATE = 'the TLS handshake failed: does api-ssl have a certificate?'

/** Weaknesses of the certificate or of a CA above it, except for the CA that the config trusts. */
const WEAKNESSES: readonly { readonly said: RegExp; readonly message: string }[] = [
  {
    said: /signature digest algorithm too weak/,
    message: 'its certificate is signed with SHA-1 or MD5, which can be forged',
  },
  { said: /certificate key too weak/, message: 'its certificate has a key so short that it can be forged' },
]

const DISTRUST: Readonly<Record<string, Distrust>> = {
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not-yet-valid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'another-name',
  HOSTNAME_MISMATCH: 'another-name',
}
