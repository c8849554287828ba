import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { SecureVersion } from 'node:tls'
import { fileURLToPath } from 'node:url'

/** The TLS identity of a router. */
export interface TlsIdentity {
  readonly key: string
  readonly cert: string
  /** The TLS version; Node's own default if undefined. */
  readonly minVersion?: SecureVersion
  readonly maxVersion?: SecureVersion
  /** A list in OpenSSL's format. */
  readonly ciphers?: string
}

/** Makes OpenSSL offer what it considers too weak, as old routers do. */
const WEAK_TOO = 'DEFAULT:@SECLEVEL=0'

/** The authority that signed `serverIdentity`. */
export const AUTHORITY_PATH = pathOf('authority.pem')

/** For localhost, 127.0.0.1 and ::1, signed by the authority. */
export function serverIdentity(): TlsIdentity {
  return { key: read('server-key.pem'), cert: read('server.pem') }
}

/** For the same names, self-signed like on most routers. */
export function selfSignedIdentity(): TlsIdentity {
  return { key: read('self-signed-key.pem'), cert: read('self-signed.pem') }
}

/** Path of a certificate that is also its own CA: self-signed, for the same names, and expired in 2021. */
export const EXPIRED_PATH = pathOf('expired.pem')

export function expiredIdentity(): TlsIdentity {
  return { key: read('expired-key.pem'), cert: read('expired.pem') }
}

/** The same with a TLS version before 1.2. */
export function outdatedIdentity(maxVersion: 'TLSv1' | 'TLSv1.1'): TlsIdentity {
  return { ...serverIdentity(), minVersion: 'TLSv1', maxVersion, ciphers: WEAK_TOO }
}

/** A CA whose own certificate is fine, and which signs with weak algorithms. */
export const OLD_AUTHORITY_PATH = pathOf('old-authority.pem')

/** Signed by the old authority: with SHA-1, with MD5, or a key of 512 bits with SHA-256. */
export function weakIdentity(weakness: 'sha1' | 'md5' | 'short-key'): TlsIdentity {
  const key = weakness === 'short-key' ? 'short-key-key.pem' : 'old-key.pem'
  // TLS 1.3 cannot sign with so short a key.
  return { key: read(key), cert: read(`${weakness}.pem`), maxVersion: 'TLSv1.2', ciphers: WEAK_TOO }
}

/** SHA-256 of the certificate, as 64 lower-case hex digits. */
export function fingerprintOf(identity: TlsIdentity): string {
  return new X509Certificate(identity.cert).fingerprint256.replaceAll(':', '').toLowerCase()
}

function read(file: string): string {
  return readFileSync(pathOf(file), 'utf8')
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(`certificates/${file}`, import.meta.url))
}
