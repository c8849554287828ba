import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { type Checked, notA, right, wrong } from './checked.ts'
import { path, readText } from './readable-file.ts'
import { written } from './written.ts'

const MAX_BYTES = 1024 * 1024
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** The PEM text of the certificates in the named file. */
export function certificates(value: unknown): Checked<string> {
  const file = path(value)
  if (file.kind === 'wrong') return file
  const content = readText(file.value, MAX_BYTES)
  if (content.kind === 'wrong') return content
  const found = content.value.match(CERTIFICATE) ?? []
  return found.length > 0 && found.every(isCertificate)
    ? content
    : wrong(`must name a PEM file that begins with "-----BEGIN CERTIFICATE-----": ${file.value}`)
}

/** The path of a file with a certificate and, if there are any, those that lead to its CA. */
export function certificateFile(value: unknown): Checked<string> {
  const found = certificates(value)
  return found.kind === 'right' ? path(value) : found
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem)
    return true
  } catch {
    return false
  }
}

/** A certificate's SHA-256, as `openssl x509 -fingerprint -sha256` prints it or without colons. Returns lower case. */
export function fingerprint(value: unknown): Checked<string> {
  const hex = typeof value === 'string' ? value.replaceAll(':', '').toLowerCase() : ''
  return /^[0-9a-f]{64}$/.test(hex)
    ? right(hex)
    : notA('a SHA-256 fingerprint in quotes, 64 hex digits with or without colons', value)
}

/** A public key or a certificate in PEM. Returns SPKI. */
export function publicKey(pem: string): Checked<string> {
  const wanted = 'a public key in PEM ("-----BEGIN PUBLIC KEY-----")'
  if (pem.includes('PRIVATE KEY')) return wrong(`must be ${wanted}: the private key stays with the issuer`)
  try {
    const key = createPublicKey(pem)
    return isForSignatures(key)
      ? right(key.export({ type: 'spki', format: 'pem' }).toString())
      : wrong('must be an Ed25519, P-256, P-384, P-521 or RSA key, of 2048 bits or more')
  } catch {
    return wrong(`must be ${wanted}`) // OpenSSL's own message does not help.
  }
}

const CURVES = ['prime256v1', 'secp384r1', 'secp521r1']

function isForSignatures({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): boolean {
  if (type === 'rsa') return (details?.modulusLength ?? 0) >= 2048
  return type === 'ed25519' || (type === 'ec' && CURVES.includes(details?.namedCurve ?? ''))
}

written({ type: 'string' }, certificates)
written({ type: 'string' }, certificateFile)
written({ type: 'string', pattern: '^(?:[0-9A-Fa-f]{2}:?){32}$' }, fingerprint)
