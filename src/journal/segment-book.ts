import type { Bytes } from '../accounting/bytes.ts'
import { type ReadSessions, WrittenSessions } from './known-sessions.ts'
import { ReadWords, WrittenWords } from './words.ts'

/** What a segment has told of one router so far: what it says next is told by its difference from that. */
export class WrittenBook {
  readonly words = new WrittenWords()
  readonly sessions = new WrittenSessions()
  readonly bindings = new Map<string, Bytes>()
}

export class ReadBook {
  readonly words = new ReadWords()
  readonly sessions: ReadSessions = new Map()
  readonly bindings = new Map<string, Bytes>()
}
