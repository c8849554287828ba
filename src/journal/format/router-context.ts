import type { CountedMark } from '../../accounting/counting/mark.ts'
import { ReadWords, WrittenWords } from './dictionary.ts'
import type { Format } from './format.ts'
import { type ReadSessions, WrittenSessions } from './known-sessions.ts'

/** What a segment has told of one router so far: what it says next is told by its difference from that. */
export class WrittenBook {
  readonly words = new WrittenWords()
  readonly sessions = new WrittenSessions()
  readonly bindings = new Map<string, CountedMark>()
}

export class ReadBook {
  /** That of its segment. */
  readonly format: Format
  readonly words = new ReadWords()
  readonly sessions: ReadSessions = new Map()
  readonly bindings = new Map<string, CountedMark>()

  constructor(format: Format) {
    this.format = format
  }
}
