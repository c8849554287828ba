import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { certificateFile, certificates } from './certificate.ts'
import { type Checked, right, wrong } from './checked.ts'
import { block, field } from './field.ts'
import { duration } from './quantity.ts'
import { path, readText } from './readable-file.ts'
import { formOf, written } from './written.ts'

const MAX_BYTES = 1024 * 1024
const NO_KEY = 'must name a PEM file with a private key ("-----BEGIN PRIVATE KEY-----") without a passphrase'

/** Paths of two PEM files. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
}

/** The certificate and key of HTTPS as text. They belong together. */
export interface TlsPair {
  readonly cert: string
  readonly key: string
  /** The serial number of the first certificate in the file, which is the server's own. */
  readonly serialNumber: string
  readonly expiresAt: Date
}

/** The certificate and key of HTTPS, and whether to send HSTS. */
export function serverTls() {
  return block({
    cert: field(certificateFile),
    key: field(keyFile),
    hsts: field(wholeSeconds).optional(),
  }).refine(files => readPair(files).kind === 'right', {
    path: ['key'],
    message: 'is not the key of the certificate in cert: name the one it was made for',
  })
}

written({ type: 'string' }, keyFile)

/** The path of a file with a private key. No message shows a part of the key. */
function keyFile(value: unknown): Checked<string> {
  const file = path(value)
  if (file.kind === 'wrong') return file
  const content = readText(file.value, MAX_BYTES)
  if (content.kind === 'wrong') return content
  return privateKey(content.value) ? file : wrong(`${NO_KEY}: ${file.value}`)
}

written(formOf(duration), wholeSeconds)

/** A duration in milliseconds that is a multiple of 1000. */
function wholeSeconds(value: unknown): Checked<number> {
  const checked = duration(value)
  return checked.kind === 'right' && checked.value % 1000 !== 0
    ? wrong('must be whole seconds, such as 1h or 365d')
    : checked
}

/** Reads both files. A message begins with the key of the config at fault, and shows nothing of the private key. */
export function readPair(files: TlsFiles): Checked<TlsPair> {
  const chain = certificates(files.cert)
  if (chain.kind === 'wrong') return wrong(`server.tls.cert ${chain.message}`)
  const content = readText(files.key, MAX_BYTES)
  if (content.kind === 'wrong') return wrong(`server.tls.key ${content.message}`)
  const key = privateKey(content.value)
  if (key === undefined) return wrong(`server.tls.key ${NO_KEY}: ${files.key}`)
  const certificate = new X509Certificate(chain.value)
  if (!certificate.checkPrivateKey(key))
    return wrong('server.tls.key is not the key of the certificate in cert')
  const { serialNumber, validTo } = certificate
  return right({
    ...{ cert: chain.value, key: content.value },
    ...{ serialNumber, expiresAt: new Date(validTo) },
  })
}

function privateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined // OpenSSL's own message does not help.
  }
}
