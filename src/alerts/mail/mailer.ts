import pLimit from 'p-limit'
import type { Clock } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/logger.ts'
import { withTimeLimit } from '../../runtime/time-limit.ts'
import type { Outcome } from '../retry.ts'
import { type Mail, partsOf } from './mail.ts'
import { type MailServer, SmtpLine } from './smtp-line.ts'
import { whyNotSent } from './why-not-sent.ts'

/** For the whole mail, with its turn: a claim lasts twice as long. */
const WITHIN_SECONDS = 15
/** Mail servers limit the connections of a client, often to ten. */
const CONNECTIONS = 4
const KEPT_CONNECTIONS = 2
const KEPT_MS = 4_000
/** Some servers end a connection after a hundred. */
const MAILS_TO_A_CONNECTION = 50
/** The reports of refused recipients are forgotten after this many. */
const MOST_REPORTED = 1_000

interface Kept {
  readonly line: SmtpLine
  /** Ends the time for which it is kept. */
  readonly taken: AbortController
}

/** Sends mails by the operator's mail server. */
export class Mailer {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #limit = pLimit(CONNECTIONS)
  #server: MailServer | undefined
  readonly #kept: Kept[] = []
  readonly #reported = new Set<string>()
  #isClosed = false

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Logger }) {
    this.#clock = clock
    this.#log = log
  }

  /** Uses another server, or another password, from the next mail on. */
  setServer(server: MailServer | undefined): void {
    this.#server = server
    this.#drop()
  }

  /** Never rejects. `cut` aborts it. */
  async send(mail: Mail, cut: AbortSignal): Promise<Outcome> {
    const limit = { clock: this.#clock, ms: WITHIN_SECONDS * 1_000, cut }
    return withTimeLimit(limit, async end => {
      const outcome = await this.#limit(() => this.#attempt(mail, end))
      if (outcome.kind !== 'unanswered' || !end.aborted) return outcome
      return cut.aborted
        ? { kind: 'cut' }
        : { kind: 'unanswered', error: `not sent within ${WITHIN_SECONDS} s` }
    })
  }

  /** Closes the kept connections. */
  close(): void {
    this.#isClosed = true
    this.#drop()
  }

  async #attempt(mail: Mail, end: AbortSignal): Promise<Outcome> {
    const server = this.#server
    if (server === undefined) return { kind: 'unanswered', error: 'there is no smtp in the config' }
    const source = await sourceOf(mail, server.from, this.#clock.now())
    const kept = this.#take()
    const first = kept && (await this.#sendBy(async () => kept, mail, source, server, end))
    // The server may have closed the kept connection before we wrote to it.
    if (first !== undefined && (first.kind !== 'unanswered' || end.aborted)) return first
    return this.#sendBy(() => SmtpLine.open(server, end), mail, source, server, end)
  }

  async #sendBy(
    open: () => Promise<SmtpLine>,
    mail: Mail,
    source: Buffer,
    server: MailServer,
    end: AbortSignal,
  ): Promise<Outcome> {
    let line: SmtpLine | undefined
    try {
      const opened = await open()
      line = opened
      const refused = await opened.until(end, () => opened.send(server.from, mail.to, source))
      if (refused.length > 0) this.#report(mail, refused)
      if (server === this.#server) this.#keep(opened)
      else opened.quit()
      return { kind: 'accepted' }
    } catch (error) {
      line?.close()
      return whyNotSent(error)
    }
  }

  #take(): SmtpLine | undefined {
    for (let kept = this.#kept.pop(); kept !== undefined; kept = this.#kept.pop()) {
      kept.taken.abort()
      if (kept.line.isOpen) return kept.line
    }
    return undefined
  }

  #keep(line: SmtpLine): void {
    if (this.#isClosed || this.#kept.length >= KEPT_CONNECTIONS || line.mails >= MAILS_TO_A_CONNECTION) {
      line.quit()
      return
    }
    const kept: Kept = { line, taken: new AbortController() }
    this.#kept.push(kept)
    void this.#clock.sleep(KEPT_MS, kept.taken.signal).then(() => {
      const at = this.#kept.indexOf(kept)
      if (at === -1) return
      this.#kept.splice(at, 1)
      line.quit()
    })
  }

  #drop(): void {
    for (const { line, taken } of this.#kept.splice(0)) {
      taken.abort()
      line.close()
    }
  }

  /** Once for each address: the others had the mail, so it is not sent again. */
  #report({ tenant }: Mail, refused: readonly string[]): void {
    const news = refused.filter(address => !this.#reported.has(address))
    if (news.length === 0) return
    if (this.#reported.size >= MOST_REPORTED) this.#reported.clear()
    for (const address of news) this.#reported.add(address)
    this.#log.warn({ tenant, refused: news }, 'the mail server refuses some recipients of alerts')
  }
}

async function sourceOf(mail: Mail, from: string, at: Date): Promise<Buffer> {
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer')
  return new MailComposer(partsOf(mail, from, at)).compile().build()
}
