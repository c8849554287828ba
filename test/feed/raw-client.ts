import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

export interface FrameOptions {
  readonly opcode: number
  readonly payload: Buffer | string
  /** Whether it is the last frame of its message; true by default. */
  readonly isFinal?: boolean
  /** 4, 2 and 1 for RSV1, RSV2 and RSV3. */
  readonly reservedBits?: number
  readonly isMasked?: boolean
  /** Replaces the real length of the payload. */
  readonly declaredLength?: bigint
}

/** A WebSocket frame (RFC 6455, section 5.2), valid or invalid as a test needs it. */
export function rawFrame(options: FrameOptions): Buffer {
  const { opcode, isFinal = true, reservedBits = 0, isMasked = true } = options
  const payload = Buffer.from(options.payload)
  const length = options.declaredLength ?? BigInt(payload.length)
  const head = Buffer.alloc(length < 126n ? 2 : length < 0x10000n ? 4 : 10)
  head[0] = (isFinal ? 0x80 : 0) | (reservedBits << 4) | opcode
  const short = length < 126n ? Number(length) : length < 0x10000n ? 126 : 127
  head[1] = (isMasked ? 0x80 : 0) | short
  if (short === 126) head.writeUInt16BE(Number(length), 2)
  if (short === 127) head.writeBigUInt64BE(length, 2)
  if (!isMasked) return Buffer.concat([head, payload])
  const mask = randomBytes(4)
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))
  return Buffer.concat([head, mask, masked])
}

export function textFrameOf(message: object | string): Buffer {
  return rawFrame({
    opcode: OPCODE.text,
    payload: typeof message === 'string' ? message : JSON.stringify(message),
  })
}

/** A client that can write any frame. It answers pings, also Pusher's, unless it is asked not to. */
export class RawClient {
  readonly socket: Socket
  /** All received texts, one per message. */
  readonly texts: string[] = []
  /** The code of the server's close frame, or `undefined` if there was none. */
  readonly ended: Promise<number | undefined>
  answersPings = true
  /** The reason in the server's close frame. */
  closeReason = ''
  bytesRead = 0
  #bytes = Buffer.alloc(0)
  #isUpgraded = false
  #closeCode: number | undefined
  #pongs = 0
  #arrived: () => void = () => {}

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.on('data', chunk => this.#take(chunk))
    this.socket.on('error', () => {}) // `close` follows.
    this.ended = new Promise(resolve =>
      this.socket.once('close', () => {
        this.#arrived()
        resolve(this.#closeCode)
      }),
    )
  }

  /** Performs the handshake on a path. @returns the server's answer */
  async upgrade(path: string, headers: readonly string[] = []): Promise<string> {
    this.socket.write(handshakeOf(path, headers))
    while (!this.#isUpgraded && !this.socket.closed) await this.#arrival()
    return this.#isUpgraded ? 'upgraded' : this.#bytes.toString('latin1')
  }

  /** @returns whether it could be written, which does not depend on the other end reading; false after a close */
  write(...frames: readonly Buffer[]): boolean {
    return !this.socket.writableEnded && this.socket.write(Buffer.concat(frames))
  }

  /** The first text that contains these words, waiting for it if necessary. */
  async text(words: string): Promise<string> {
    for (;;) {
      const found = this.texts.find(it => it.includes(words))
      if (found !== undefined) return found
      if (this.socket.closed) throw new Error(`closed while waiting for ${words}`)
      await this.#arrival()
    }
  }

  /** Resolves when the answers to everything sent so far have arrived, or at the end. */
  async caughtUp(): Promise<void> {
    // A pong may precede the answers to messages that came with its ping, but a second one does not.
    for (let count = 0; count < 2; count++) {
      const wanted = this.#pongs + 1
      this.write(rawFrame({ opcode: OPCODE.ping, payload: '' }))
      while (this.#pongs < wanted && !this.socket.closed) await this.#arrival()
    }
  }

  destroy(): void {
    this.socket.destroy()
  }

  #arrival(): Promise<void> {
    return new Promise(resolve => {
      this.#arrived = resolve
    })
  }

  #take(chunk: Buffer): void {
    this.bytesRead += chunk.length
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    if (!this.#isUpgraded) this.#takeHead()
    if (this.#isUpgraded) while (this.#takeFrame());
    this.#arrived()
  }

  #takeHead(): void {
    const end = this.#bytes.indexOf('\r\n\r\n')
    if (end === -1 || !this.#bytes.toString('latin1').startsWith('HTTP/1.1 101 ')) return
    this.#isUpgraded = true
    this.#bytes = this.#bytes.subarray(end + 4)
  }

  /** Servers' frames are final and unmasked. */
  #takeFrame(): boolean {
    const bytes = this.#bytes
    if (bytes.length < 2) return false
    const short = bytes.readUInt8(1)
    const headBytes = short < 126 ? 2 : short === 126 ? 4 : 10
    if (bytes.length < headBytes) return false
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
    if (bytes.length < headBytes + length) return false
    const payload = bytes.subarray(headBytes, headBytes + length)
    this.#bytes = bytes.subarray(headBytes + length)
    this.#obey(bytes.readUInt8(0) & 15, payload)
    return true
  }

  #read(text: string): void {
    this.texts.push(text)
    if (this.answersPings && text.startsWith('{"event":"pusher:ping"'))
      this.write(textFrameOf({ event: 'pusher:pong', data: {} }))
  }

  #obey(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.pong) this.#pongs++
    if (opcode === OPCODE.text) this.#read(payload.toString('utf8'))
    if (opcode === OPCODE.ping && this.answersPings) this.write(rawFrame({ opcode: OPCODE.pong, payload }))
    if (opcode !== OPCODE.close) return
    this.#closeCode = payload.length < 2 ? 1005 : payload.readUInt16BE(0)
    this.closeReason = payload.subarray(2).toString('utf8')
    this.socket.end(rawFrame({ opcode: OPCODE.close, payload: payload.subarray(0, 2) }))
  }
}

export function handshakeOf(path: string, headers: readonly string[]): string {
  return `${[
    `GET ${path} HTTP/1.1`,
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ...headers,
  ].join('\r\n')}\r\n\r\n`
}
