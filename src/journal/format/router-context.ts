import type { CountedMark } from '../../accounting/counting/mark.ts'
import { ReadWords, WrittenWords } from './dictionary.ts'
import type { Format } from './format.ts'
import { type ReadSessions, WrittenSessions } from './known-sessions.ts'

/** What a segment has of one router so far. What is written next is the difference from that. */
export class WrittenContext {
  readonly words = new WrittenWords()
  readonly sessions = new WrittenSessions()
  readonly bindings = new Map<string, CountedMark>()
}

/** The reader's side of `WrittenContext`. */
export class ReadContext {
  /** The format of the segment. */
  readonly format: Format
  readonly words = new ReadWords()
  readonly sessions: ReadSessions = new Map()
  readonly bindings = new Map<string, CountedMark>()

  constructor(format: Format) {
    this.format = format
  }
}
