import type { BudgetUse } from '../../poller/router-link.ts'
import type { Clock } from '../../runtime/clock.ts'
import { RouterOverloaded, RouterUnreachable } from '../errors.ts'
import { type ParsedRowSink, RowMemory } from '../rows/row-memory.ts'
import { answerTimeout, MOST_TRAPS, trapOf } from './answer-failures.ts'
import { type Budget, BudgetLoad, ROW_BYTES, STRAY_BYTES } from './budget.ts'
import { Deadline } from './deadline.ts'
import type { Line } from './line.ts'
import type { HeldReply, RepliesInFlight } from './replies-in-flight.ts'
import type { Row, Sentence } from './sentence.ts'
import { encodeSentence } from './words.ts'

/** A complete answer. */
export interface Reply {
  readonly rows: readonly Row[]
  /** The properties of `!done`. */
  readonly done: Row
  /** Steady milliseconds. The rows were true at some moment in between. */
  readonly askedMs: number
  readonly answeredMs: number
}

/** When a menu was asked for, and when its answer was complete, in steady milliseconds. */
export type Asked = Pick<Reply, 'askedMs' | 'answeredMs'>

/** A menu that is printed again and again over one connection. */
export interface PrintedMenu {
  readonly command: string
  readonly words: readonly string[]
  /** The same each time, because rows contain it and are compared by their bytes. */
  readonly tag: string
  /** The rows of its last answer. */
  readonly rows: RowMemory
}

interface Question {
  readonly command: string
  readonly words: readonly string[]
  readonly tag: string
  /** Receives the rows of a menu. */
  readonly memory: RowMemory | undefined
  readonly sink: ParsedRowSink | undefined
}

interface PendingCommand extends Pick<Question, 'command' | 'memory'> {
  readonly askedMs: number
  readonly rows: Row[]
  readonly traps: Row[]
  readonly deadline: Deadline
  /** The reply so far. */
  readonly held: HeldReply
  resolve(reply: Reply): void
  reject(error: Error): void
}

export interface ConnectionOptions {
  readonly clock: Clock
  /** The limit for each request. */
  readonly timeoutMs: number
  readonly budget: Budget
  /** Shared by all routers. */
  readonly replies: RepliesInFlight
}

/**
 * Sends commands over a logged-in line. Each has its own tag, and any number may be under way.
 *
 *     !re  is collected · !trap  is kept · !done  settles · !fatal  ends the line · anything else is ignored
 *
 * A command past its deadline ends the line, because a late reply looks the same as a reply that hangs. A router that
 * sends more than its budget ends it too.
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

  /** Rejects with the cause when the connection ends; never resolves. */
  get ended(): Promise<never> {
    return this.#line.ended
  }

  /**
   * Sends a sentence such as `/ip/hotspot/active/print`, `=.proplist=user`, `?user=ann`. The sentences of one turn of
   * the event loop go out in one write.
   * @throws RouterTrap if the router refuses the command; RouterTimeout, RouterUnreachable, RouterFatal, RouterGarbled,
   *   RouterOverloaded if the connection ended before the answer was complete, or before the command was sent
   */
  command(command: string, ...words: readonly string[]): Promise<Reply> {
    return this.#ask({ command, words, tag: String(++this.#lastTag), memory: undefined, sink: undefined })
  }

  /** Makes a menu for `print`. @param moving as for `RowMemory` */
  menu(command: string, moving: readonly string[], ...words: readonly string[]): PrintedMenu {
    const rows = new RowMemory(moving, this.#budget.rememberedBytes)
    return { command, words, tag: String(++this.#lastTag), rows }
  }

  /** Prints a menu into its `rows` or the sink, with the errors of `command`. One print of a menu at a time. */
  print({ command, words, tag, rows: memory }: PrintedMenu, sink?: ParsedRowSink): Promise<Asked> {
    return this.#ask({ command, words, tag, memory, sink })
  }

  #ask({ command, words, tag, memory, sink }: Question): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const { socket } = this.#line
      if (socket.destroyed) {
        this.#line.ended.catch(reject)
        return
      }
      const heardBytes = socket.bytesRead
      const deadline = new Deadline(this.#timeoutMs, () =>
        this.#line.end(answerTimeout(command, this.#timeoutMs, socket.bytesRead > heardBytes)),
      )
      const askedMs = this.#clock.steadyMs()
      const held = this.#replies.open(() => this.#giveUp(`${command}: the largest of all answers in flight`))
      const pending = { command, memory, askedMs, rows: [], traps: [], deadline, held, resolve, reject }
      this.#pending.set(tag, pending)
      memory?.begin(sink)
      this.#line.known ??= memory
      this.#send([command, ...words, `.tag=${tag}`])
    })
  }

  /**
   * Passes on each row of a command that does not end, such as `/ppp/active/listen`, for as long as the connection
   * lasts. A refusal by the router is not reported.
   */
  listen(command: string, onRow: (row: Row) => void, ...words: readonly string[]): void {
    if (this.#line.socket.destroyed) return
    const tag = String(++this.#lastTag)
    this.#listeners.set(tag, onRow)
    this.#send([command, ...words, `.tag=${tag}`])
  }

  /** The peak use of one of its byte budgets since the last call. */
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
      this.#takeStray(sentence)
      return
    }
    const { command, held } = pending
    held.add(sentence.bytes + ROW_BYTES)
    if (this.#load.isReplyTooLarge(held.bytes))
      this.#giveUp(`${command}: more than ${this.#budget.replyBytes} bytes in one answer`)
    if (this.#line.socket.destroyed) return
    switch (sentence.reply) {
      case '!re':
        this.#line.known = pending.memory
        // A sentence without properties is not a row.
        if (sentence.row.size === 0) return
        if (pending.memory) pending.memory.add(sentence.words, sentence.row)
        else pending.rows.push(sentence.row)
        return
      case '!trap':
        if (pending.traps.length < MOST_TRAPS) pending.traps.push(sentence.row)
        return
      case '!done':
        this.#pending.delete(sentence.tag ?? '')
        pending.deadline.clear()
        held.release()
        this.#line.known = this.#nextMemory()
        this.#settle(pending, sentence.row)
        return
      default:
    }
  }

  /** Returns the menu that is likely to come next: routers mostly answer in the order of the questions. */
  #nextMemory(): RowMemory | undefined {
    for (const { memory } of this.#pending.values()) if (memory) return memory
    return undefined
  }

  #takeStray({ tag = '', reply, row, bytes }: Sentence): void {
    if (this.#load.isTooMuchStray(bytes + STRAY_BYTES))
      this.#giveUp(
        `more than ${this.#budget.strayBytes} bytes between two readings that no command asked for`,
      )
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

  #giveUp(reason: string): void {
    this.#line.end(new RouterOverloaded(reason))
  }

  #rejectAll(cause: Error): void {
    for (const pending of this.#pending.values()) {
      pending.deadline.clear()
      pending.held.release()
      pending.reject(cause)
    }
    this.#pending.clear()
  }
}
