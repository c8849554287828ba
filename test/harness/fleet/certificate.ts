import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { SecureVersion } from 'node:tls'
import { fileURLToPath } from 'node:url'

/** What a router shows on TLS. */
export interface TlsIdentity {
  readonly key: string
  readonly cert: string
  /** Which TLS it offers; node's own choice where nothing is said. */
  readonly minVersion?: SecureVersion
  readonly maxVersion?: SecureVersion
  /** As OpenSSL writes a list of them. */
  readonly ciphers?: string
}

/** Lets OpenSSL offer what it holds to be too weak, as old routers do. */
const WEAK_TOO = 'DEFAULT:@SECLEVEL=0'

/** Whose signature is on `serverIdentity`. */
export const AUTHORITY_PATH = pathOf('authority.pem')

/** For localhost, 127.0.0.1 and ::1, signed by the authority. */
export function serverIdentity(): TlsIdentity {
  return { key: read('server-key.pem'), cert: read('server.pem') }
}

/** For the same names, signed by nobody but itself, as most routers have it. */
export function selfSignedIdentity(): TlsIdentity {
  return { key: read('self-signed-key.pem'), cert: read('self-signed.pem') }
}

/** Its path, as that of its own CA: signed by nobody but itself, for the same names, and over since 2021. */
export const EXPIRED_PATH = pathOf('expired.pem')

export function expiredIdentity(): TlsIdentity {
  return { key: read('expired-key.pem'), cert: read('expired.pem') }
}

/** The same, from the time before TLS 1.2. */
export function outdatedIdentity(maxVersion: 'TLSv1' | 'TLSv1.1'): TlsIdentity {
  return { ...serverIdentity(), minVersion: 'TLSv1', maxVersion, ciphers: WEAK_TOO }
}

/** Of a CA whose own certificate is well, and which signs with whatever it is told. */
export const OLD_AUTHORITY_PATH = pathOf('old-authority.pem')

/** Signed by the old authority: with SHA-1, with MD5, or a key of 512 bits with SHA-256. */
export function weakIdentity(weakness: 'sha1' | 'md5' | 'short-key'): TlsIdentity {
  const key = weakness === 'short-key' ? 'short-key-key.pem' : 'old-key.pem'
  // With so short a key TLS 1.3 can't sign.
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
