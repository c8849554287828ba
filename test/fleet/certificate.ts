import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** What a router shows on TLS. */
export interface TlsIdentity {
  readonly key: string
  readonly cert: string
}

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
