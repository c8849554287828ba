import { createServer, type Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import { encodeSentence, SentenceDecoder } from '../../../src/routeros/wire/words.ts'
import type { TlsIdentity } from '../../harness/fleet/certificate.ts'
import { listening } from '../../runtime/listening.ts'

/** One client of the peer. Words are raw: one character per byte. */
export class PeerClient {
  readonly socket: Socket
  /** As they came from TCP, or from TLS after decryption. */
  readonly chunks: Buffer[] = []
  /** Resolves when the connection has ended in any way. */
  readonly closed: Promise<unknown>
  readonly #sentences: string[][] = []
  #wake: () => void = () => {}

  constructor(socket: Socket) {
    this.socket = socket
    const decoder = new SentenceDecoder({
      maxWordBytes: 65_536,
      onSentence: words => this.#sentences.push(words.map(word => word.toString('latin1'))),
    })
    socket.on('error', () => {}) // `close` follows.
    socket.on('data', chunk => {
      this.chunks.push(chunk)
      try {
        decoder.push(chunk)
      } catch {
        // Not the API: the test looks at `chunks`.
      }
      this.#wake()
    })
    this.closed = new Promise(resolve => socket.once('close', resolve))
    void this.closed.then(() => this.#wake())
  }

  /** The next sentence, or none once the connection is over. */
  async next(): Promise<readonly string[]> {
    for (;;) {
      const sentence = this.#sentences.shift()
      if (sentence || this.socket.destroyed) return sentence ?? []
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
  }

  /** The next `count` commands, by the tag of each. */
  async tags(count: number): Promise<readonly string[]> {
    const tags: string[] = []
    for (let i = 0; i < count; i++) tags.push(tagOf(await this.next()))
    return tags
  }

  say(...words: readonly string[]): void {
    this.write(sentence(...words))
  }

  write(bytes: Uint8Array | string): void {
    this.socket.write(bytes)
  }

  /** Accepts the login, like a router since 6.43. */
  async admit(): Promise<void> {
    this.say('!done', tagOf(await this.next()))
  }
}

/** `.tag=1`, or an empty word. */
export function tagOf(words: readonly string[]): string {
  return words.find(word => word.startsWith('.tag=')) ?? ''
}

/** UTF-8 words as one sentence's bytes. */
export function sentence(...words: readonly string[]): Buffer {
  return encodeSentence(words.filter(word => word !== '').map(word => Buffer.from(word, 'utf8')))
}

export interface Peer {
  readonly host: string
  readonly port: number
  /** All clients so far, and whether they are still connected. */
  readonly clients: readonly PeerClient[]
  /** The next client that connects. */
  next(): Promise<PeerClient>
}

/** A router, or another server, that does what the test wants. Closed after the test. */
export async function startPeer(
  onClient: (client: PeerClient) => unknown = () => {},
  options: { tls?: TlsIdentity; host?: string } = {},
): Promise<Peer> {
  const { tls, host = '127.0.0.1' } = options
  const clients: PeerClient[] = []
  const waiting: ((client: PeerClient) => void)[] = []
  const server = createServer({ noDelay: true }, tcp => {
    const client = new PeerClient(tls ? secured(tcp, tls) : tcp)
    clients.push(client)
    waiting.shift()?.(client)
    void onClient(client)
  })
  const port = await listening(server, host)
  return { host, port, clients, next: () => new Promise(resolve => waiting.push(resolve)) }
}

function secured(tcp: Socket, identity: TlsIdentity): TLSSocket {
  return new TLSSocket(tcp, { isServer: true, secureContext: createSecureContext(identity) })
}
