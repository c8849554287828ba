import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { encodeSentence, SentenceDecoder } from '../../../src/routeros/wire/words.ts'
import type { SimulatedRouter } from './simulated-router.ts'

/** One sentence of a router, its words raw: one character per byte. */
export type Reply = readonly string[]

/** A client that sends what a test says and returns the answers word by word. */
export class ScriptedClient {
  readonly #socket: Socket
  readonly #replies: Reply[] = []
  readonly #decoder: SentenceDecoder
  #wake: () => void = () => {}
  #isClosed = false
  #error: NodeJS.ErrnoException | undefined
  #chunks = 0

  constructor(socket: Socket) {
    this.#socket = socket
    this.#decoder = new SentenceDecoder({
      maxWordBytes: 65_536,
      onSentence: words => this.#replies.push(words.map(word => word.toString('latin1'))),
    })
    socket.on('data', chunk => {
      this.#chunks++
      this.#decoder.push(chunk)
      this.#wake()
    })
    socket.on('error', error => {
      this.#error = error
    })
    socket.on('close', () => {
      this.#isClosed = true
      this.#wake()
    })
  }

  /** The error with which the connection broke, if it did: `ECONNRESET`. */
  get errorCode(): string | undefined {
    return this.#error?.code
  }

  /** Number of chunks that the kernel delivered. */
  get chunks(): number {
    return this.#chunks
  }

  /** Sends one sentence of UTF-8 words. */
  send(...words: readonly string[]): void {
    this.sendAll([words])
  }

  /** Sends several sentences in one write. */
  sendAll(sentences: readonly (readonly string[])[]): void {
    const encoded = sentences.map(words => encodeSentence(words.map(word => Buffer.from(word, 'utf8'))))
    this.#socket.write(Buffer.concat(encoded))
  }

  /** The next sentence, or `undefined` after the end of the connection. */
  async next(): Promise<Reply | undefined> {
    for (;;) {
      const reply = this.#replies.shift()
      if (reply || this.#isClosed) return reply
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
  }

  /** All sentences up to a `!done` or the end of the connection. */
  async reply(): Promise<readonly Reply[]> {
    const replies: Reply[] = []
    for (;;) {
      const next = await this.next()
      if (next) replies.push(next)
      if (!next || next[0] === '!done') return replies
    }
  }

  ask(...words: readonly string[]): Promise<readonly Reply[]> {
    this.send(...words)
    return this.reply()
  }

  /** Sends a command and parses the rows. */
  async rows(...words: readonly string[]): Promise<readonly Record<string, string>[]> {
    const replies = await this.ask(...words)
    return replies.filter(([first]) => first === '!re').map(propertiesOf)
  }

  async close(): Promise<void> {
    this.#socket.destroy()
    if (!this.#isClosed) await once(this.#socket, 'close')
  }
}

export function propertiesOf([, ...words]: Reply): Record<string, string> {
  const properties: Record<string, string> = {}
  for (const word of words) {
    const equals = word.indexOf('=', 1)
    if (word.startsWith('=')) properties[word.slice(1, equals)] = word.slice(equals + 1)
  }
  return properties
}

/** Only connects. @param tls the certificate authority, if the router uses TLS */
export async function openClient(router: SimulatedRouter, tls?: { ca: string }): Promise<ScriptedClient> {
  const to = { host: router.host, port: router.port }
  const socket = tls ? connectTls({ ...to, ca: tls.ca }) : connect(to)
  socket.setNoDelay(true)
  await once(socket, tls ? 'secureConnect' : 'connect')
  return new ScriptedClient(socket)
}

/** Connects and logs in as the router's default user. */
export async function loggedIn(router: SimulatedRouter, tls?: { ca: string }): Promise<ScriptedClient> {
  const client = await openClient(router, tls)
  await client.ask('/login', '=name=usage', '=password=secret')
  return client
}
