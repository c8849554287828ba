import type { Socket } from 'node:net'
import {
  type Distrust,
  RouterCertificateRefused,
  type RouterError,
  RouterFatal,
  RouterGarbled,
  RouterUnreachable,
} from './errors.ts'
import type { Sentence } from './sentence.ts'
import type { KnownSentences } from './words.ts'

/** The certificate that a router showed. */
export interface SeenCertificate {
  readonly subject: string
  readonly validTo: Date
  /** SHA-256, 64 lower-case hex digits: what can be pinned. */
  readonly fingerprint: string
}

/** A connection's socket, its sentences, and its one end: whatever ends it first is what all who wait get to know. */
export class Line {
  readonly socket: Socket
  /** Rejects when the socket has closed, with what ended it; never resolves. */
  readonly ended: Promise<never>
  /** Absent without TLS. */
  certificate: SeenCertificate | undefined
  /** What the next sentences are likely to be. */
  known: KnownSentences | undefined
  /** Takes each sentence but `!fatal`, which ends the line. */
  onSentence: (sentence: Sentence) => void = () => {}
  #cause: RouterError | undefined

  constructor(socket: Socket) {
    this.socket = socket
    // One write a request, and no waiting for the answer to the one before.
    socket.setNoDelay(true)
    socket.prependListener('error', error => {
      this.#cause ??= classify(error)
    })
    this.ended = new Promise((_, reject) => {
      socket.once('close', () => {
        reject(this.#cause ?? new RouterUnreachable('the router closed the connection'))
      })
    })
    this.ended.catch(() => {})
  }

  take(sentence: Sentence): void {
    if (this.socket.destroyed) return
    if (sentence.reply === '!fatal') {
      const reason = sentence.bare.join(' ') || sentence.row.get('message') || 'no reason given'
      this.end(new RouterFatal(`the router ended the session: ${reason}`))
    } else if (!sentence.reply.startsWith('!')) {
      this.end(new RouterGarbled(`not a reply of the API: ${JSON.stringify(sentence.reply.slice(0, 40))}`))
    } else this.onSentence(sentence)
  }

  /** Ends the connection now. The first cause stands. */
  end(cause: RouterError): void {
    this.#cause ??= cause
    this.socket.destroy()
  }
}

function classify(error: NodeJS.ErrnoException): RouterError {
  const code = error.code ?? ''
  if (code.endsWith('ALERT_HANDSHAKE_FAILURE'))
    return new RouterCertificateRefused('none', NO_CERTIFICATE, { cause: error })
  if (CERTIFICATE_CODES.test(code))
    return new RouterCertificateRefused(DISTRUST[code] ?? 'unknown-authority', error.message, {
      cause: error,
    })
  return new RouterUnreachable(REASONS[code] ?? (error.message || code), { cause: error })
}

/** Node's and OpenSSL's names for a certificate that was not believed. */
const CERTIFICATE_CODES = /CERT|SIGNATURE|ISSUER|_CA$|ALTNAME|CRL|PURPOSE|PATH_LENGTH|HOSTNAME_MISMATCH/

const DISTRUST: Readonly<Record<string, Distrust>> = {
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not-yet-valid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'another-name',
  HOSTNAME_MISMATCH: 'another-name',
}

/** Without one a router offers anonymous key exchange only, which we don't. */
const NO_CERTIFICATE = 'the TLS handshake failed: has api-ssl a certificate?'

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused: is the api service on, on this port, for this address?',
  ECONNRESET: 'the router reset the connection',
  EHOSTUNREACH: 'no route to the router',
  ENETUNREACH: 'no route to the router',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be looked up',
  ETIMEDOUT: 'the connection timed out',
  EPIPE: 'the router closed the connection',
  ERR_SSL_WRONG_VERSION_NUMBER: 'no TLS on this port: is it api-ssl?',
}
