import type SMTPConnection from 'nodemailer/lib/smtp-connection'

/** The operator's mail server. Contains the password: do not print it. */
export interface MailServer {
  readonly host: string
  readonly port: number
  /** `starttls`: never without TLS, whatever the server offers. */
  readonly tls: 'starttls' | 'implicit' | 'none'
  /** PEM; `undefined`: the system's CAs. */
  readonly ca: string | undefined
  readonly login: { readonly user: string; readonly password: string } | undefined
  /** The sender's address. */
  readonly from: string
}

/** Our own deadline for a whole mail comes first. These end what that one forgot. */
const TIMEOUT_MS = 30_000
const MOST_ANSWER_BYTES = 65_536

/**
 * A connection to the mail server. Each method rejects with the error that ended it, an `Error` with the codes of
 * nodemailer. One call is under way at a time.
 */
export class SmtpLine {
  readonly #connection: SMTPConnection
  #fail: ((error: Error) => void) | undefined
  #isOpen = true
  #mails = 0

  private constructor(connection: SMTPConnection) {
    this.#connection = connection
    connection.on('error', error => this.#end(error))
    connection.on('end', () => this.#end(new Error('the mail server closed the connection')))
  }

  /** Opens a connection. nodemailer is loaded here, so that a daemon that sends no mail never loads it. */
  static async open({ host, port, tls, ca, login }: MailServer, end: AbortSignal): Promise<SmtpLine> {
    const { default: Connection } = await import('nodemailer/lib/smtp-connection')
    const line = new SmtpLine(
      new Connection({
        ...{
          host,
          port,
          secure: tls === 'implicit',
          requireTLS: tls === 'starttls',
          ignoreTLS: tls === 'none',
        },
        ...{ connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS },
        ...{ dnsTimeout: TIMEOUT_MS, socketCloseTimeout: 0, maxResponseSize: MOST_ANSWER_BYTES },
        tls: ca === undefined ? {} : { ca },
      }),
    )
    try {
      await line.until(end, async () => {
        await line.#call<void>((resolve, reject) =>
          line.#connection.connect(error => (error ? reject(error) : resolve())),
        )
        if (login === undefined) return
        const credentials = { user: login.user, pass: login.password }
        await line.#call<void>((resolve, reject) =>
          line.#connection.login({ credentials }, error => (error ? reject(error) : resolve())),
        )
      })
      return line
    } catch (error) {
      line.close()
      throw error
    }
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Number of mails so far. */
  get mails(): number {
    return this.#mails
  }

  /** Works with the line, which is closed if the signal aborts. */
  async until<T>(end: AbortSignal, work: () => Promise<T>): Promise<T> {
    const close = () => this.close()
    end.addEventListener('abort', close)
    if (end.aborted) close()
    try {
      return await work()
    } finally {
      end.removeEventListener('abort', close)
    }
  }

  /** @returns the addresses that the server did not take; not all of them, which would be an error */
  async send(from: string, to: readonly string[], source: Buffer): Promise<readonly string[]> {
    this.#mails += 1
    const { rejected } = await this.#call<{ readonly rejected: readonly string[] }>((resolve, reject) =>
      this.#connection.send({ from, to: [...to] }, source, (error, info) =>
        error ? reject(error) : resolve(info),
      ),
    )
    return rejected
  }

  /** Says goodbye. The process does not wait for the answer. */
  quit(): void {
    if (!this.#isOpen) return
    this.#connection.quit()
    const { _socket: socket } = this.#connection
    if (socket) socket.unref()
  }

  close(): void {
    this.#connection.close()
    this.#end(new Error('closed by us'))
  }

  #call<T>(begin: (resolve: (result: T) => void, reject: (error: Error) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#fail = reject
      if (this.#isOpen) begin(resolve, reject)
      else reject(new Error('the connection is closed'))
    })
  }

  #end(error: Error): void {
    this.#isOpen = false
    this.#fail?.(error)
  }
}
