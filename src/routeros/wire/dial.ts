import { isIP } from 'node:net'
import { TLSSocket } from 'node:tls'
import { RouterOSAPI } from 'node-routeros'
import {
  RouterCertificateRefused,
  RouterGarbled,
  RouterOverloaded,
  RouterTimeout,
  RouterUnreachable,
} from '../errors.ts'
import { FairReading } from './fair-reading.ts'
import { Line } from './line.ts'
import { Login } from './login.ts'
import { internalsOf } from './node-routeros.ts'
import { parseSentence } from './sentence.ts'
import { seen } from './shown-certificate.ts'
import type { Encoding } from './text.ts'
import { MalformedStream, SentenceDecoder } from './words.ts'

/** The address of a router and the user who logs in to it. */
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
 * Which certificate to trust: the pinned one if there is a fingerprint; otherwise one for the host's name from this CA
 * or, without it, from one of the system's CAs.
 */
export interface Trust {
  /** PEM. */
  readonly ca: string | undefined
  /** SHA-256 of the certificate, 64 lower-case hex digits. */
  readonly fingerprint: string | undefined
}

/** Far more than any word of the menus we read. */
const MAX_WORD_BYTES = 65_536

/** The answers to a login have a few hundred bytes, and TLS adds a few thousand. */
const MOST_LOGIN_BYTES = 1_000_000

/** Only a fallback for our own deadline: node-routeros measures the socket's idle time, in seconds. */
const LIBRARY_TIMEOUT_SECONDS = 3_600

/**
 * Connects and logs in with node-routeros, in the old and the new style. After the login only its socket is used.
 *
 * The library's receiver and transmitter are replaced before the first byte moves: they lose bytes that are not
 * windows-1252, throw inside the socket's callbacks, and leave promises unsettled when a connection ends.
 * @param timeoutMs limit for connect, TLS and login together
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
  const { connector, socket, receiver, transmitter } = internalsOf(api)
  // The library's own drops the listeners first. An error after a FIN, as with TLS, would then end the process.
  connector.destroy = () => socket.destroy()
  connector.on('error', () => {})
  const line = new Line(socket)
  // When the library rejects, it has closed the socket, and the line knows why.
  const loggedIn = library.then(
    () => {},
    () => line.ended,
  )
  const [take, reading] = [sentencesOf(line), new FairReading(socket)]
  receiver.processRawData = chunk => reading.take(() => take(chunk))
  const exchange = new Login({ line, receiver, encoding, password: address.password })
  // The library's own prints each word to standard error if DEBUG asks for it, and the password with them.
  transmitter.write = word => {
    if (socket.writable) socket.write(exchange.encode(word))
  }
  line.onSentence = sentence => {
    if (socket.bytesRead <= MOST_LOGIN_BYTES) exchange.take(sentence)
    else line.end(new RouterOverloaded(`more than ${MOST_LOGIN_BYTES} bytes before the login`))
  }
  if (socket instanceof TLSSocket) noteCertificate(socket, address.tls?.fingerprint, line)
  const deadline = setTimeout(() => line.end(loginTimeout(line, timeoutMs)), timeoutMs)
  const abort = () => line.end(new RouterUnreachable('stopped'))
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  try {
    await Promise.race([loggedIn, line.ended])
    socket.setTimeout(0)
    return line
  } finally {
    clearTimeout(deadline)
    signal.removeEventListener('abort', abort)
  }
}

/** Decodes chunks into sentences for the line. Bytes that cannot be the API end the line. */
function sentencesOf(line: Line): (chunk: Buffer) => void {
  const decoder = new SentenceDecoder({
    maxWordBytes: MAX_WORD_BYTES,
    onSentence: words => {
      line.take(parseSentence(words))
      // The first row of a command says whose rows come next.
      decoder.known = line.known
    },
  })
  let seen = 0
  return chunk => {
    // The first word is short, so its length is one byte. HTTP, SSH or TLS would look like an endless word.
    const second = seen < 2 ? chunk[1 - seen] : undefined
    seen += chunk.length
    if (second !== undefined && second !== EXCLAMATION_MARK) {
      line.end(
        new RouterGarbled('the peer does not speak the API: is it the right port, and TLS on both sides?'),
      )
      return
    }
    decoder.known = line.known
    try {
      decoder.push(chunk)
    } catch (error) {
      if (!(error instanceof MalformedStream)) throw error
      line.end(new RouterGarbled(error.message, { cause: error }))
    }
  }
}

const EXCLAMATION_MARK = 0x21

function tlsOptions(host: string, trust: Trust) {
  return {
    ...(isIP(host.replace(/^\[(.*)\]$/, '$1')) === 0 ? { servername: host } : {}),
    ...(trust.ca === undefined ? {} : { ca: trust.ca }),
    // A pinned certificate is compared in `noteCertificate`, whatever CA signed it.
    rejectUnauthorized: trust.fingerprint === undefined,
  }
}

function loginTimeout({ socket, certificate }: Line, timeoutMs: number): RouterTimeout {
  const isConnected = !socket.connecting
  // An API without TLS takes our greeting for the beginning of a long word, and waits for the rest.
  if (socket instanceof TLSSocket && isConnected && !certificate)
    return new RouterTimeout('handshake', `no TLS within ${timeoutMs} ms: does this port speak TLS?`)
  return new RouterTimeout('login', `no login within ${timeoutMs} ms`)
}

/** Keeps the certificate. If it is not the pinned one, ends the line before the library's listener sends the login. */
function noteCertificate(socket: TLSSocket, pinned: string | undefined, line: Line): void {
  socket.prependOnceListener('secureConnect', () => {
    // Node returns the peer's certificate to a client only once.
    const certificate = socket.getPeerX509Certificate()
    if (certificate) line.certificate = seen(certificate)
    const fingerprint = line.certificate?.fingerprint
    if (pinned !== undefined && fingerprint !== pinned)
      line.end(
        new RouterCertificateRefused(
          'another-pin',
          `its fingerprint is ${fingerprint ?? 'none'}, but ${pinned} is pinned`,
        ),
      )
  })
}
