import type { WebSocket } from 'ws'

/** The messages that arrive at a WebSocket, kept until the test asks for them. */
export class KeptMessages<Message> {
  /** Resolves with the close code. */
  readonly closed: Promise<number>
  readonly #unread: Message[] = []
  #arrived: () => void = () => {}
  #hasClosed = false

  constructor(socket: WebSocket, parse: (text: string) => Message) {
    socket.on('message', data => {
      this.#unread.push(parse(data.toString()))
      this.#arrived()
    })
    socket.on('error', () => {})
    this.closed = new Promise(resolve =>
      socket.on('close', code => {
        this.#hasClosed = true
        this.#arrived()
        resolve(code)
      }),
    )
  }

  /** Messages that have arrived and were not asked for. */
  get unread(): readonly Message[] {
    return this.#unread
  }

  /** Takes the next message; `undefined` if the socket has closed and there is none. */
  async take(): Promise<Message | undefined> {
    for (;;) {
      const message = this.#unread.shift()
      if (message !== undefined || this.#hasClosed) return message
      await new Promise<void>(resolve => {
        this.#arrived = resolve
      })
    }
  }

  /** Takes the next message that is wanted, and drops others before it. @param what names it in the error */
  async next(what: string, isWanted: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const message = await this.take()
      if (message === undefined) throw new Error(`closed while waiting for ${what}`)
      if (isWanted(message)) return message
    }
  }
}
