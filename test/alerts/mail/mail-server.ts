import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'
import { expect } from 'vitest'
import type { MailServer as Account } from '../../../src/alerts/mail/smtp-line.ts'
import { AUTHORITY_PATH, serverIdentity, type TlsIdentity } from '../../harness/fleet/certificate.ts'

export const PASSWORD = 'a password of the mail server'

/** A mail as it arrived. */
export interface Arrived {
  readonly from: string
  readonly to: readonly string[]
  /** By lower-case name, unfolded. */
  readonly headers: ReadonlyMap<string, string>
  /** Decoded. */
  readonly body: string
  readonly source: string
  readonly isTls: boolean
  readonly user: string | undefined
}

/** How the server answers, from the texts of its errors. */
export interface Refusing {
  recipient?: (address: string) => Error | undefined
  sender?: () => Error | undefined
  message?: () => Error | undefined
  login?: (password: string) => Error | undefined
  /** Resolves when the answer to a message may be given. */
  answer?: () => Promise<void>
}

/** An SMTP error with a code. */
export function refusal(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode })
}

/** A mail server on loopback. */
export class LocalMailServer {
  readonly arrived: Arrived[] = []
  connections = 0
  readonly refusing: Refusing = {}
  readonly #tls: Account['tls']
  readonly #identity: TlsIdentity
  #server: SMTPServer | undefined
  #open = 0
  #port = 0

  constructor(tls: Account['tls'], identity: TlsIdentity = serverIdentity()) {
    this.#tls = tls
    this.#identity = identity
  }

  /** A new server each time: one that has said goodbye refuses everybody. */
  #created(): SMTPServer {
    const { refusing } = this
    const tls = this.#tls
    const server = new SMTPServer({
      ...{ ...this.#identity, secure: tls === 'implicit', authOptional: true, allowInsecureAuth: true },
      ...{ disabledCommands: tls === 'none' ? ['STARTTLS'] : [], disableReverseLookup: true, logger: false },
      onConnect: (_session, done) => {
        this.connections += 1
        this.#open += 1
        done()
      },
      onClose: () => {
        this.#open -= 1
      },
      onAuth: ({ username, password }, _session, done) => {
        if (refusing.login) return done(refusing.login(String(password)))
        if (password !== PASSWORD) return done(refusal(535, 'canary of the answer'))
        return done(null, { user: username })
      },
      onMailFrom: (_address, _session, done) => done(refusing.sender?.()),
      onRcptTo: ({ address }, _session, done) => done(refusing.recipient?.(address)),
      onData: async (stream, session, done) => {
        const source = await text(stream).catch(() => undefined)
        if (source === undefined) return
        const error = refusing.message?.()
        if (error) return done(error)
        const { mailFrom, rcptTo } = session.envelope
        this.arrived.push({
          ...parsed(source),
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          isTls: session.secure,
          user: typeof session.user === 'string' ? session.user : undefined,
        })
        await refusing.answer?.()
        done()
      },
    })
    // A client that is killed half-way.
    server.on('error', () => {})
    return server
  }

  get port(): number {
    return this.#port
  }

  /** Number of open connections. */
  get open(): number {
    return this.#open
  }

  async listen(): Promise<void> {
    const created = this.#created()
    this.#server = created
    created.listen(this.#port, '127.0.0.1')
    await once(created.server, 'listening')
    const address = created.server.address()
    if (address !== null && typeof address !== 'string') this.#port = address.port
  }

  async close(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    for (const connection of server.connections) connection.close()
    await new Promise<void>(resolve => {
      server.close(() => resolve())
    })
  }

  /** How to send by this server. */
  account(tls: Account['tls'], user: string | undefined = 'usage'): Account {
    return {
      ...{ host: 'localhost', port: this.#port, tls, ca: readFileSync(AUTHORITY_PATH, 'utf8') },
      login: user === undefined ? undefined : { user, password: PASSWORD },
      from: 'tikmeter@isp.example',
    }
  }

  async untilArrived(count: number): Promise<void> {
    await expect
      .poll(() => this.arrived.length, { interval: 5, timeout: 10_000 })
      .toBeGreaterThanOrEqual(count)
  }
}

function parsed(source: string): Pick<Arrived, 'headers' | 'body' | 'source'> {
  const [head = '', ...rest] = source.split('\r\n\r\n')
  const lines = head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n')
  const headers = new Map(
    lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  )
  const encoded = rest.join('\r\n\r\n')
  const isEncoded = headers.get('content-transfer-encoding') === 'quoted-printable'
  return { source, headers, body: isEncoded ? fromQuotedPrintable(encoded) : encoded }
}

function fromQuotedPrintable(text: string): string {
  const bytes = text
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
