import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import { TLSSocket } from 'node:tls'
import { RouterOSAPI } from 'node-routeros'
import {
  RouterCertificateRefused,
  RouterGarbled,
  RouterLoginRefused,
  RouterTimeout,
  RouterUnreachable,
} from './errors.ts'
import { internalsOf, type Receiver } from './library.ts'
import { Line } from './line.ts'
import { parseSentence, type Sentence } from './sentence.ts'
import { type Encoding, encodeText } from './text.ts'
import { encodeWord, MalformedStream, SentenceDecoder } from './words.ts'

/** Where a router is and who logs in there. */
export interface Address {
  /** A name or an IPv4 or IPv6 address. */
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: string
  /** Absent: plain TCP. */
  readonly tls: Trust | undefined
}

/**
 * Which certificate to trust: the pinned one where there is a fingerprint, else one of the own CA's or, without it,
 * one of the system's CAs, for the host's name.
 */
export interface Trust {
  /** PEM. */
  readonly ca: string | undefined
  /** SHA-256 of the certificate, 64 lower-case hex digits. */
  readonly fingerprint: string | undefined
}

/** No word of the menus we read comes near it. */
const MAX_WORD_BYTES = 1024 * 1024

/** Only a net below our own deadline: node-routeros measures the socket's idle time, in seconds. */
const LIBRARY_TIMEOUT_SECONDS = 3_600

/**
 * Connects and logs in, old and new style, by node-routeros; of a connection that is logged in only its socket is used.
 *
 * The library's receiver and transmitter are replaced before the first byte moves: they lose bytes that are not
 * windows-1252, throw inside the socket's callbacks, and leave promises unsettled when a connection ends. Of the
 * replies to a login only `!done` is passed on to it, so that it can only succeed; all else is settled here.
 * @param timeoutMs over connect, TLS and login together
 * @throws RouterError
 */
export async function dial(
  address: Address,
  encoding: Encoding,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Line> {
  const api = new RouterOSAPI({
    host: address.host.replace(/^\[(.*)\]$/, '$1'),
    port: address.port,
    user: address.username,
    password: address.password,
    timeout: LIBRARY_TIMEOUT_SECONDS,
    keepalive: false,
    ...(address.tls ? { tls: tlsOptions(address.host, address.tls) } : {}),
  })
  api.on('error', () => {})
  const library = api.connect()
  const { socket, receiver, transmitter } = internalsOf(api)
  const line = new Line(socket)
  // On a rejection the library has let go of the socket, whose end says why.
  const login = library.then(
    () => {},
    () => line.ended,
  )
  const decoder = new SentenceDecoder({
    maxWordBytes: MAX_WORD_BYTES,
    onSentence: words => line.take(parseSentence(words)),
  })
  receiver.processRawData = chunk => {
    try {
      decoder.push(chunk)
    } catch (error) {
      if (!(error instanceof MalformedStream)) throw error
      line.end(new RouterGarbled(error.message, { cause: error }))
    }
  }
  transmitter.encodeString = text => encodeWord(text === null ? NO_WORD : encoded(text, encoding))
  line.onSentence = sentence => takeLoginReply(sentence, receiver, line)
  if (socket instanceof TLSSocket && address.tls?.fingerprint !== undefined)
    pinCertificate(socket, address.tls.fingerprint, line)
  const deadline = setTimeout(() => line.end(new RouterTimeout(`no login within ${timeoutMs} ms`)), timeoutMs)
  const abort = () => line.end(new RouterUnreachable('stopped'))
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  try {
    await Promise.race([login, line.ended])
    socket.setTimeout(0)
    return line
  } finally {
    clearTimeout(deadline)
    signal.removeEventListener('abort', abort)
  }
}

const NO_WORD = new Uint8Array()

function encoded(text: string, encoding: Encoding): Buffer {
  return encodeText(text, encoding) ?? Buffer.from(text, 'utf8')
}

function takeLoginReply(sentence: Sentence, receiver: Receiver, line: Line): void {
  switch (sentence.reply) {
    case '!done': {
      const challenge = sentence.row.get('ret')
      const words = challenge === undefined ? ['!done'] : ['!done', `=ret=${challenge}`]
      receiver.tags.get(sentence.tag ?? '')?.callback(words)
      return
    }
    case '!trap':
      line.end(new RouterLoginRefused(sentence.row.get('message') ?? 'login refused'))
      return
    default:
  }
}

function tlsOptions(host: string, trust: Trust) {
  return {
    ...(isIP(host.replace(/^\[(.*)\]$/, '$1')) === 0 ? { servername: host } : {}),
    ...(trust.ca === undefined ? {} : { ca: trust.ca }),
    // A pinned certificate is compared by hand, whoever signed it.
    rejectUnauthorized: trust.fingerprint === undefined,
  }
}

/** Ends the line before the library's own listener sends the login. */
function pinCertificate(socket: TLSSocket, fingerprint: string, line: Line): void {
  socket.prependOnceListener('secureConnect', () => {
    const certificate = socket.getPeerX509Certificate()
    const seen = certificate && createHash('sha256').update(certificate.raw).digest('hex')
    if (seen !== fingerprint)
      line.end(
        new RouterCertificateRefused(`its fingerprint is ${seen ?? 'none'}, the pinned one ${fingerprint}`),
      )
  })
}
