import type { Clock } from '../../runtime/clock.ts'
import { RouterOverloaded, RouterUnreachable } from '../errors.ts'
import { RowMemory, type WholeRows } from '../rows/row-memory.ts'
import { MOST_TRAPS, slowness, trapOf } from './answer-failures.ts'
import { type Budget, BudgetLoad, type BudgetUse, ROW_BYTES, STRAY_BYTES } from './budget.ts'
import type { Line } from './line.ts'
import type { HeldReply, RepliesInFlight } from './replies-in-flight.ts'
import type { Row, Sentence } from './sentence.ts'
import { encodeSentence } from './words.ts'

/** A complete answer. */
export interface Reply {
  readonly rows: readonly Row[]
  /** The properties of `!done`. */
  readonly done: Row
  /** Steady milliseconds: what the rows tell was true at some moment in between. */
  readonly askedMs: number
  readonly answeredMs: number
}

/** When a menu was asked for and when its answer was complete, in steady milliseconds. */
export type Asked = Pick<Reply, 'askedMs' | 'answeredMs'>

/** A menu that is printed again and again over one connection. */
export interface PrintedMenu {
  readonly command: string
  readonly words: readonly string[]
  /** The same each time, so that rows can be the same to the byte. */
  readonly tag: string
  /** What its last answer had. */
  readonly rows: RowMemory
}

interface Question {
  readonly command: string
  readonly words: readonly string[]
  readonly tag: string
  /** Takes the rows of a menu. */
  readonly memory: RowMemory | undefined
  readonly into: WholeRows | undefined
}

interface PendingCommand extends Pick<Question, 'command' | 'memory'> {
  readonly askedMs: number
  readonly rows: Row[]
  readonly traps: Row[]
  readonly deadline: NodeJS.Timeout
  /** Of the reply so far. */
  readonly held: HeldReply
  resolve(reply: Reply): void
  reject(error: Error): void
}

export interface ConnectionOptions {
  readonly clock: Clock
  /** For each request. */
  readonly timeoutMs: number
  readonly budget: Budget
  /** Of all routers. */
  readonly replies: RepliesInFlight
}

/**
 * Commands over a line that is logged in, each with a tag of its own, any number at once.
 *
 *     !re  collects · !trap  is kept · !done  settles · !fatal  ends the line · anything else is passed over
 *
 * A command past its deadline ends the line: what else it has in the air can't be told from a reply that hangs. So
 * does a router that sends more than its budget.
 */
export class RouterConnection {
  readonly #line: Line
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #budget: Budget
  readonly #load: BudgetLoad
  readonly #replies: RepliesInFlight
  readonly #pending = new Map<string, PendingCommand>()
  readonly #listeners = new Map<string, (row: Row) => void>()
  #lastTag = 0
  #isCorked = false

  constructor(line: Line, options: ConnectionOptions) {
    this.#line = line
    this.#clock = options.clock
    this.#timeoutMs = options.timeoutMs
    this.#budget = options.budget
    this.#load = new BudgetLoad(options.budget)
    this.#replies = options.replies
    line.onSentence = sentence => this.#take(sentence)
    line.ended.catch((cause: Error) => this.#rejectAll(cause))
  }

  /** Rejects with what ended the connection, and never resolves. */
  get ended(): Promise<never> {
    return this.#line.ended
  }

  /**
   * Sends a sentence such as `/ip/hotspot/active/print`, `=.proplist=user`, `?user=ann`; those of one turn of the
   * event loop go out in one write.
   * @throws RouterTrap where the router refuses the command; RouterTimeout, RouterUnreachable, RouterFatal,
   *   RouterGarbled where the connection ended before its answer was complete, or before it was asked
   */
  command(command: string, ...words: readonly string[]): Promise<Reply> {
    return this.#ask({ command, words, tag: String(++this.#lastTag), memory: undefined, into: undefined })
  }

  /** @param moving as `RowMemory` takes them */
  menu(command: string, moving: readonly string[], ...words: readonly string[]): PrintedMenu {
    const rows = new RowMemory(moving, this.#budget.rememberedBytes)
    return { command, words, tag: String(++this.#lastTag), rows }
  }

  /** As `command`, with the rows in the menu. One print of a menu at a time. @param into as for `RowMemory` */
  print({ command, words, tag, rows: memory }: PrintedMenu, into?: WholeRows): Promise<Asked> {
    return this.#ask({ command, words, tag, memory, into })
  }

  #ask({ command, words, tag, memory, into }: Question): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const { socket } = this.#line
      if (socket.destroyed) {
        this.#line.ended.catch(reject)
        return
      }
      const heardBytes = socket.bytesRead
      const deadline = setTimeout(() => {
        const isHeard = socket.bytesRead > heardBytes
        this.#line.end(slowness(command, this.#timeoutMs, isHeard))
      }, this.#timeoutMs)
      const askedMs = this.#clock.steadyMs()
      const held = this.#replies.open(() => this.#rest(`${command}: the largest of all answers in flight`))
      const its = { command, memory, askedMs, rows: [], traps: [], deadline, held, resolve, reject }
      this.#pending.set(tag, its)
      memory?.begin(into)
      this.#line.known ??= memory
      this.#send([command, ...words, `.tag=${tag}`])
    })
  }

  /**
   * Hands on each row of a command that has no end, such as `/ppp/active/listen`, for as long as the connection
   * lasts; one that the router refuses ends at once, and nobody is told.
   */
  listen(command: string, onRow: (row: Row) => void, ...words: readonly string[]): void {
    if (this.#line.socket.destroyed) return
    const tag = String(++this.#lastTag)
    this.#listeners.set(tag, onRow)
    this.#send([command, ...words, `.tag=${tag}`])
  }

  /** The most of its byte budgets since this was last asked for. */
  takeBudgetUse(): BudgetUse {
    return this.#load.take()
  }

  close(): void {
    this.#line.end(new RouterUnreachable('closed by us'))
  }

  #send(words: readonly string[]): void {
    const { socket } = this.#line
    if (!this.#isCorked) {
      this.#isCorked = true
      socket.cork()
      process.nextTick(() => {
        this.#isCorked = false
        socket.uncork()
      })
    }
    socket.write(encodeSentence(words.map(word => Buffer.from(word, 'utf8'))))
  }

  #take(sentence: Sentence): void {
    const pending = this.#pending.get(sentence.tag ?? '')
    if (!pending) {
      this.#tell(sentence)
      return
    }
    const { command, held } = pending
    held.add(sentence.bytes + ROW_BYTES)
    if (this.#load.isReplyTooLarge(held.bytes))
      this.#rest(`${command}: more than ${this.#budget.replyBytes} bytes in one answer`)
    if (this.#line.socket.destroyed) return
    switch (sentence.reply) {
      case '!re':
        this.#line.known = pending.memory
        // One without properties is no row.
        if (sentence.row.size === 0) return
        if (pending.memory) pending.memory.add(sentence.words, sentence.row)
        else pending.rows.push(sentence.row)
        return
      case '!trap':
        if (pending.traps.length < MOST_TRAPS) pending.traps.push(sentence.row)
        return
      case '!done':
        this.#pending.delete(sentence.tag ?? '')
        clearTimeout(pending.deadline)
        held.release()
        this.#line.known = this.#nextMemory()
        this.#settle(pending, sentence.row)
        return
      default:
    }
  }

  /** Routers answer in the order in which they were asked, mostly. */
  #nextMemory(): RowMemory | undefined {
    for (const { memory } of this.#pending.values()) if (memory) return memory
    return undefined
  }

  #tell({ tag = '', reply, row, bytes }: Sentence): void {
    if (this.#load.isTooMuchStray(bytes + STRAY_BYTES))
      this.#rest(`more than ${this.#budget.strayBytes} bytes between two readings that no command asked for`)
    else if (reply === '!re') this.#listeners.get(tag)?.(row)
    else if (reply === '!trap' || reply === '!done') this.#listeners.delete(tag)
  }

  #settle(pending: PendingCommand, done: Row): void {
    const { command, traps, rows, askedMs } = pending
    const [first] = traps
    if (!first) {
      if (pending.memory) {
        pending.memory.end()
        this.#load.menuAnswered()
      }
      pending.resolve({ rows, done, askedMs, answeredMs: this.#clock.steadyMs() })
      return
    }
    pending.reject(trapOf(command, first, traps))
  }

  #rest(reason: string): void {
    this.#line.end(new RouterOverloaded(reason))
  }

  #rejectAll(cause: Error): void {
    for (const pending of this.#pending.values()) {
      clearTimeout(pending.deadline)
      pending.held.release()
      pending.reject(cause)
    }
    this.#pending.clear()
  }
}
