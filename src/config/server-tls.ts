import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { certificates } from './certificate.ts'
import { type Checked, wrong } from './checked.ts'
import { path, readText } from './readable-file.ts'

const MAX_BYTES = 1024 * 1024

/** Paths of two PEM files. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
}

/** The path of a file with a certificate, and those that lead to its CA where it has them. */
export function certificateFile(value: unknown): Checked<string> {
  const found = certificates(value)
  return found.kind === 'right' ? path(value) : found
}

/** The path of a file with a private key, which no message shows a part of. */
export function keyFile(value: unknown): Checked<string> {
  const file = path(value)
  if (file.kind === 'wrong') return file
  const content = readText(file.value, MAX_BYTES)
  if (content.kind === 'wrong') return content
  return privateKey(content.value)
    ? file
    : wrong(
        `must name a PEM file with a private key ("-----BEGIN PRIVATE KEY-----") without a passphrase: ${file.value}`,
      )
}

/** Whether the certificate is the key's own. */
export function belongTogether({ cert, key }: TlsFiles): boolean {
  const found = privateKey(textOf(key))
  return found !== undefined && certificate(textOf(cert))?.checkPrivateKey(found) === true
}

function certificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}

function privateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined // OpenSSL's own words say nothing of use.
  }
}

/** Nothing where it can be read no more. */
function textOf(file: string): string {
  const content = readText(file, MAX_BYTES)
  return content.kind === 'right' ? content.value : ''
}
