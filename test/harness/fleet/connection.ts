import type { Socket } from 'node:net'
import { encodeSentence, SentenceDecoder } from '../../../src/routeros/wire/words.ts'
import { answer, type Served } from './answer.ts'
import type { Cut, Ending } from './faults.ts'
import { listen } from './listen.ts'
import { Login } from './login.ts'
import { Outlet } from './outlet.ts'
import { type Answer, type Outcome, trap } from './print.ts'
import { parseRequest, type Request, type Sentence } from './request.ts'
import type { Sight } from './sight.ts'
import type { ConnectionTruth } from './truth.ts'

const MAX_WORD_BYTES = 65_536
const CHUNK_BYTES = 16_384

interface Pending {
  readonly request: Request
  readonly sentences: Answer
  readonly sights: readonly Sight[]
  readonly settle: (outcome: Outcome, sights: readonly Sight[]) => void
  readonly cut: Cut | undefined
}

interface Chunk {
  readonly bytes: Buffer
  readonly handed: () => void
  readonly ending: Ending | undefined
}

/**
 * One client of the router. Commands are answered in order; a router that interleaves sends one sentence of each in
 * turn. A reply ends a chunk, so that the bytes that the kernel took show which replies went out whole.
 */
export class ApiConnection {
  readonly #served: Served
  readonly #truth: ConnectionTruth
  readonly #login: Login
  readonly #outlet: Outlet
  readonly #decoder: SentenceDecoder
  readonly #pending: Pending[] = []
  /** Sentences that do not wait for the replies before them. */
  #urgent: Buffer[] = []
  readonly #listening = new Map<string | undefined, () => void>()
  #isEnded = false

  constructor(served: Served, truth: ConnectionTruth, socket: Socket, tcp: Socket) {
    this.#served = served
    this.#truth = truth
    this.#login = new Login(served)
    this.#outlet = new Outlet(socket, tcp, () => this.pump())
    this.#decoder = new SentenceDecoder({
      maxWordBytes: MAX_WORD_BYTES,
      onSentence: words => this.#take(parseRequest(words)),
    })
  }

  get hasUnanswered(): boolean {
    return this.#pending.length > 0
  }

  receive(chunk: Buffer): void {
    if (this.#isEnded) return
    try {
      this.#decoder.push(chunk)
    } catch {
      this.destroy()
    }
    // Commands sent together may arrive in two chunks, and both are needed for interleaving.
    if (this.#served.isInterleaving) setImmediate(() => this.pump())
    else this.pump()
  }

  #take(request: Request): void {
    if (request.verb === 'cancel') {
      this.#cancel(request)
      return
    }
    const sights: Sight[] = []
    this.#pending.push({
      request,
      sentences: answer(request, this.#login, this.#served, sights),
      sights,
      settle: this.#truth.ask(request, this.#login.user?.name ?? ''),
      cut: this.#served.faults.takeCut(request),
    })
    this.#served.onCommand(request)
  }

  /** Sends what can be sent; called again when the outlet has room or the router stops hanging. */
  pump(): void {
    while (!this.#isEnded && !this.#outlet.isBusy && this.#served.faults.hang === 'none') {
      const chunk = this.#nextChunk()
      if (!chunk) return
      this.#send(chunk)
    }
  }

  #send({ bytes, handed, ending }: Chunk): void {
    const { trickleMs } = this.#served.faults
    if (trickleMs === undefined) this.#outlet.write(bytes, handed)
    else void this.#outlet.trickle(bytes, trickleMs, handed)
    if (ending) void this.end(ending)
  }

  #nextChunk(): Chunk | undefined {
    if (this.#urgent.length > 0) {
      const bytes = Buffer.concat(this.#urgent)
      this.#urgent = []
      return { bytes, handed: () => {}, ending: undefined }
    }
    const first = this.#pending[0]
    if (!first) return undefined
    return first.cut ? this.#cutChunk(first, first.cut) : this.#replyChunk()
  }

  #replyChunk(): Chunk {
    const parts: Buffer[] = []
    let size = 0
    for (let turn = 0; size < CHUNK_BYTES; turn++) {
      const at = this.#served.isInterleaving ? turn % this.#pending.length : 0
      const pending = this.#pending[at]
      if (!pending) break
      const next = pending.sentences.next()
      if (next.done === true) return this.#lastChunk(pending, at, next.value, Buffer.concat(parts))
      const bytes = encode(next.value, pending.request.tag)
      size += bytes.length
      parts.push(bytes)
    }
    return { bytes: Buffer.concat(parts), handed: () => {}, ending: undefined }
  }

  #lastChunk(pending: Pending, at: number, outcome: Outcome, bytes: Buffer): Chunk {
    this.#pending.splice(at, 1)
    if (outcome === 'listening') this.#listen(pending.request)
    const handed = () => pending.settle(outcome, pending.sights)
    return { bytes, handed, ending: outcome === 'fatal' ? 'fin' : undefined }
  }

  #cutChunk(pending: Pending, cut: Cut): Chunk {
    const parts: Buffer[] = []
    for (const sentence of pending.sentences) parts.push(encode(sentence, pending.request.tag))
    const reply = Buffer.concat(parts)
    const length = Math.min(cut.afterBytes ?? Math.floor(reply.length / 2), reply.length - 1)
    return { bytes: reply.subarray(0, length), handed: () => {}, ending: cut.by }
  }

  #listen(request: Request): void {
    const stop = listen(request, this.#served, sentence => this.#say(sentence, request.tag))
    this.#listening.set(request.tag, stop)
  }

  /** Interrupts the command with that tag, or all if none is named. If none is running, only the cancel is done. */
  #cancel(request: Request): void {
    const tag = request.attributes.get('tag')
    const isMeant = (it: string | undefined) => tag === undefined || it === tag
    const interrupted: (string | undefined)[] = []
    for (const [listening, stop] of [...this.#listening])
      if (isMeant(listening)) {
        stop()
        this.#listening.delete(listening)
        interrupted.push(listening)
      }
    for (const pending of this.#pending.filter(it => isMeant(it.request.tag))) {
      this.#pending.splice(this.#pending.indexOf(pending), 1)
      pending.settle('refused', [])
      interrupted.push(pending.request.tag)
    }
    for (const it of interrupted) this.#say(trap('interrupted', 2), it)
    this.#say(['!done'], request.tag)
    for (const it of interrupted) this.#say(['!done'], it)
  }

  #say(sentence: Sentence, tag: string | undefined): void {
    this.#urgent.push(encode(sentence, tag))
    this.pump()
  }

  /** Sends `!fatal` and ends the connection. Pending commands get no answer. */
  fatal(reason: string): void {
    this.#pending.length = 0
    this.#say(['!fatal', reason], undefined)
    void this.end('fin')
  }

  /** Ends the connection. Replies that were handed over whole still arrive. */
  async end(by: Ending): Promise<void> {
    this.#forget()
    await this.#outlet.end(by)
  }

  destroy(): void {
    this.#forget()
    this.#outlet.destroy()
  }

  #forget(): void {
    if (!this.#isEnded) this.#truth.end()
    this.#isEnded = true
    this.#pending.length = 0
    for (const stop of this.#listening.values()) stop()
    this.#listening.clear()
  }
}

function encode([first = '', ...rest]: Sentence, tag: string | undefined): Buffer {
  // `!fatal` concerns the connection and has no tag.
  const isAsItIs = tag === undefined || first === '!fatal' || rest.some(word => word.startsWith('.tag='))
  const words = isAsItIs ? [first, ...rest] : [first, `.tag=${tag}`, ...rest]
  return encodeSentence(words.map(word => Buffer.from(word, 'latin1')))
}
