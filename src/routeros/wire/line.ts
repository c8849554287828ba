import type { Socket } from 'node:net'
import { isOutOfDescriptors } from '../../runtime/descriptors.ts'
import {
  OutOfDescriptors,
  type RouterError,
  RouterFatal,
  RouterGarbled,
  RouterUnreachable,
} from '../errors.ts'
import { boundedError } from '../menus/bounded-text.ts'
import type { Sentence } from './sentence.ts'
import { tlsFailure } from './tls-failure.ts'
import type { KnownSentences } from './words.ts'

/** The certificate that a router showed. */
export interface SeenCertificate {
  readonly subject: string
  readonly validTo: Date
  /** SHA-256, 64 lower-case hex digits: what can be pinned. */
  readonly fingerprint: string
}

/** A connection: its socket, its sentences, and its end. The first cause of the end is the one that is reported. */
export class Line {
  readonly socket: Socket
  /** Rejects with the cause when the socket has closed; never resolves. */
  readonly ended: Promise<never>
  /** Absent without TLS. */
  certificate: SeenCertificate | undefined
  /** Recognises the sentences that are likely to come next. */
  known: KnownSentences | undefined
  /** Receives each sentence except `!fatal`, which ends the line. */
  onSentence: (sentence: Sentence) => void = () => {}
  #cause: RouterError | undefined

  constructor(socket: Socket) {
    this.socket = socket
    // A request is one write, and must not wait until the previous one is acknowledged.
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
      this.end(new RouterFatal(`the router ended the session: ${boundedError(reason)}`))
    } else if (!sentence.reply.startsWith('!')) {
      this.end(new RouterGarbled(`not a reply of the API: ${JSON.stringify(sentence.reply.slice(0, 40))}`))
    } else this.onSentence(sentence)
  }

  /** Ends the connection at once. The first cause counts. */
  end(cause: RouterError): void {
    this.#cause ??= cause
    this.socket.destroy()
  }
}

function classify(error: NodeJS.ErrnoException): RouterError {
  if (isOutOfDescriptors(error)) return new OutOfDescriptors({ cause: error })
  const { code = '', message } = error
  return tlsFailure(error) ?? new RouterUnreachable(REASONS[code] ?? (message || code), { cause: error })
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused: is the api service enabled, on this port and for this address?',
  ECONNRESET: 'the router reset the connection',
  EHOSTUNREACH: 'no route to the router',
  ENETUNREACH: 'no route to the router',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be looked up',
  ETIMEDOUT: 'the connection timed out',
  EPIPE: 'the router closed the connection',
}
