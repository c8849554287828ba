import { isCertificateCode } from '../../runtime/error-code.ts'
import { type Distrust, RouterCertificateRefused, type RouterError, RouterTlsFailed } from '../errors.ts'

/**
 * What kept TLS from coming about, in the field's words instead of OpenSSL's; `undefined` for an error that has nothing
 * to do with TLS.
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

/** OpenSSL's own words are its source code's; the reason among them is a few words of the field. */
function reasonOf(error: NodeJS.ErrnoException): string {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : (error.code ?? '')
}

const NO_TLS = 'this port does not speak TLS (api-ssl has 8729)'

/** What those say who offer less than TLS 1.2, in an alert or in the greeting that they answer ours with. */
const OUTDATED_CODES = /_(ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW)$/
const OUTDATED = 'the router’s TLS is too old: it does not offer TLS 1.2'

/** Without one a router offers anonymous key exchange only, which we don't. */
const NO_CERTIFICATE = 'the TLS handshake failed: has api-ssl a certificate?'

/** Of the certificate or of one of the CAs above it, but for the one that the config trusts by itself. */
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
