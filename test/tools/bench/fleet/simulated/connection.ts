import type { Socket } from 'node:net'
import { SentenceDecoder } from '../../../../../src/routeros/wire/words.ts'
import type { Ending } from '../../../../harness/fleet/faults.ts'
import { parseRequest, type Request } from '../../../../harness/fleet/request.ts'
import { delivered } from '../../../../harness/fleet/unsent.ts'
import type { SimulatedService } from '../../../../harness/services.ts'
import { Conversation, type Settle } from './conversation.ts'
import { idOf } from './menus.ts'
import { Output } from './output.ts'
import type { FastRouter, RouterClient } from './router.ts'
import type { Subscriber } from './subscribers.ts'

const MAX_WORD_BYTES = 65_536
const ACTIVE_MENUS: Readonly<Record<SimulatedService, string>> = {
  hotspot: '/ip/hotspot/active',
  ppp: '/ppp/active',
}

interface Reply {
  readonly settle: Settle
  /** Number of bytes up to its end, of those sent together. */
  readonly end: number
}

/** One client of a router. Requests that arrive together are answered in one write. */
export class FastConnection implements RouterClient {
  readonly #router: FastRouter
  readonly #socket: Socket
  /** Outputs that the kernel has taken, for reuse by any connection. */
  readonly #outputs: Output[]
  readonly #conversation: Conversation
  readonly #decoder: SentenceDecoder
  #requests: Request[] = []
  #isEnding = false

  constructor(router: FastRouter, socket: Socket, outputs: Output[]) {
    this.#router = router
    this.#socket = socket
    this.#outputs = outputs
    this.#conversation = new Conversation(router)
    this.#decoder = new SentenceDecoder({
      maxWordBytes: MAX_WORD_BYTES,
      onSentence: words => this.#requests.push(parseRequest(words)),
    })
  }

  start(): void {
    const socket = this.#socket
    this.#router.clients.add(this)
    socket.on('error', () => {}) // `close` follows and is all that matters.
    socket.on('data', chunk => this.#receive(chunk))
    socket.once('close', () => {
      this.#isEnding = true
      this.#router.clients.delete(this)
      this.#conversation.end()
    })
  }

  reportLogout(service: SimulatedService, gone: Subscriber): void {
    const tag = this.#conversation.listensTo(service)
    if (tag === undefined || this.#isEnding) return
    const id = idOf(ACTIVE_MENUS[service], gone)
    this.#send(output => output.sentence('!re', tag, `=.id=${id}`, '=.dead=true'), [])
  }

  /** Ends the connection. Replies that were handed over whole still arrive. */
  end(by: Ending): void {
    if (this.#isEnding) return
    this.#isEnding = true
    if (by === 'fin') this.#socket.end()
    else void delivered(this.#socket).then(() => this.#socket.resetAndDestroy())
  }

  #receive(chunk: Buffer): void {
    this.#decoder.push(chunk)
    const requests = this.#requests
    this.#requests = []
    if (this.#isEnding || this.#router.trouble === 'silent' || requests.length === 0) return
    const nowMs = performance.now()
    const replies: Reply[] = []
    this.#send(output => {
      for (const request of requests) {
        const settle = this.#conversation.answer(request, output, nowMs)
        if (settle) replies.push({ settle, end: output.length })
      }
    }, replies)
  }

  #send(write: (output: Output) => void, replies: readonly Reply[]): void {
    const output = this.#outputs.pop() ?? new Output()
    output.length = 0
    write(output)
    const isCut = this.#router.trouble === 'cutting' && replies.length > 0
    const length = isCut ? output.length >> 1 : output.length
    this.#socket.write(output.bytes.subarray(0, length), error => {
      this.#outputs.push(output)
      // Replies before the cut are whole.
      for (const { settle, end } of replies) settle(!error && end <= length)
    })
    if (!isCut) return
    this.#router.trouble = 'none'
    this.end('fin')
  }
}
