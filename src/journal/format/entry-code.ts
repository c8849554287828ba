import type { Bytes } from '../../accounting/bytes.ts'
import type { Growth } from '../../accounting/columns/columns.ts'
import {
  type CountedSpan,
  END_REASONS,
  type Entry,
  entryOfGrowth,
  NOTHING_COUNTED,
} from '../../accounting/entry.ts'
import type { Moment } from '../../accounting/reading.ts'
import { type Absence, grownSession, type Session } from '../../accounting/session.ts'
import type { PendingEnd } from '../../accounting/waiting/pending-session.ts'
import { type ByteReader, MalformedRecord } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { ReadWords, WrittenWords } from './dictionary.ts'
import type { ReadContext, WrittenContext } from './router-context.ts'
import { readBytes, readDate, readSession, writeBytes, writeDate, writeSession } from './session-code.ts'
import { growthOf, isSame, isSameSession } from './session-difference.ts'

/*
 *     entry   = head body
 *     head    = varint(zigzag(session's number − the number before − 1) · 8 + form)
 *     body    = grew      upload:varint download:varint                 since the same instant as the one before
 *             | grewSince from:number upload:varint download:varint     since another one
 *             | interim   session counted
 *             | missed    lastSeen:number gone:number (since:number)?   as it was last written, but a reading missed it;
 *                                                                       `since` if its mark is `counted`
 *             | start     session counted
 *             | stop      end                                           the session is as it was last written
 *             | stopWhole session end
 *     counted = varint (delta:bytes from:number to:number)*
 *     end     = lastSeenAt:number endTime:number reason:byte device:word?   device if the reason is `router_changed`
 *     zigzag  = 0, −1, 1, −2, 2 … as 0, 1, 2, 3, 4 …
 *
 * Nearly all entries are `grew`: mostly one byte of head, and two or three bytes for each direction.
 */
type Interim = Extract<Entry, { kind: 'interim' }>

const FORMS = ['grew', 'grewSince', 'interim', 'start', 'stop', 'stopWhole', 'missed'] as const

/** Writes the entries of one decision. */
export class EntryWriter {
  readonly #out: ByteWriter
  readonly #context: WrittenContext
  readonly #at: Moment
  #previous = -1
  #sinceMs = Number.NaN

  constructor(out: ByteWriter, context: WrittenContext, at: Moment) {
    this.#out = out
    this.#context = context
    this.#at = at
  }

  write(entry: Entry): void {
    switch (entry.kind) {
      case 'interim':
        if (!this.#writeGrowth(entry) && !this.#writeMissed(entry)) this.#writeWhole(entry)
        break
      case 'start':
        this.#writeWhole(entry)
        break
      case 'stop':
        this.#writeStop(entry)
        break
      default:
        entry satisfies never
    }
  }

  /** Writes a growth, as one `interim` entry for each session. */
  writeGrowth(growth: Growth): void {
    const { upload, download, from } = growth
    const { sessions } = this.#context
    const sinceMs = from.getTime()
    const written = sessions.numbersOf(growth.columns)
    for (let index = 0; index < upload.length; index++) {
      const number = sessions.grow(growth, index, written, this.#at.steadyMs)
      if (number === undefined) this.#writeWhole(entryOfGrowth(growth, index, this.#at.steadyMs))
      else this.#writeGrown(number, sinceMs, upload[index] ?? 0, download[index] ?? 0)
    }
  }

  #writeGrowth({ session, counted: [counted, ...others] }: Interim): boolean {
    const last = this.#context.sessions.last(session.id)
    if (!last || others.length > 0 || counted?.to.getTime() !== this.#at.wall.getTime()) return false
    const by = growthOf(last, session, this.#at.steadyMs)
    if (!by || !isSame(by, counted.delta)) return false
    this.#writeGrown(this.#context.sessions.put(session), counted.from.getTime(), by.upload, by.download)
    return true
  }

  #writeMissed({ session, counted }: Interim): boolean {
    const { missed, mark } = session
    if (!missed || counted.length > 0 || (mark.kind === 'counted' && mark.sinceMs === undefined)) return false
    const last = this.#context.sessions.last(session.id)
    if (!last || !isSameSession(missedSession(last, missed, mark.sinceMs), session)) return false
    this.#writeHead(this.#context.sessions.put(session), 'missed')
    this.#out.number(missed.lastSeenMs)
    this.#out.number(missed.goneMs)
    if (mark.kind === 'counted') this.#out.number(mark.sinceMs ?? Number.NaN)
    return true
  }

  #writeGrown(number: number, sinceMs: number, upload: number, download: number): void {
    const isSinceSame = sinceMs === this.#sinceMs
    this.#writeHead(number, isSinceSame ? 'grew' : 'grewSince')
    if (!isSinceSame) this.#out.number(sinceMs)
    this.#sinceMs = sinceMs
    this.#out.varint(upload)
    this.#out.varint(download)
  }

  #writeWhole({ kind, session, counted }: Exclude<Entry, { kind: 'stop' }>): void {
    this.#writeHead(this.#context.sessions.put(session), kind)
    writeSession(this.#out, this.#context.words, session)
    this.#out.varint(counted.length)
    for (const { delta, from, to } of counted) {
      writeBytes(this.#out, delta)
      writeDate(this.#out, from)
      writeDate(this.#out, to)
    }
  }

  #writeStop(entry: Extract<Entry, { kind: 'stop' }>): void {
    const { session } = entry
    const last = this.#context.sessions.last(session.id)
    const isKnown = last !== undefined && isSameSession(last, session)
    this.#writeHead(this.#context.sessions.put(session), isKnown ? 'stop' : 'stopWhole')
    if (!isKnown) writeSession(this.#out, this.#context.words, session)
    writeEnd(this.#out, this.#context.words, entry)
    this.#context.sessions.end(session)
  }

  #writeHead(number: number, form: (typeof FORMS)[number]): void {
    const step = number - this.#previous - 1
    this.#previous = number
    this.#out.varint((step >= 0 ? step * 2 : -step * 2 - 1) * 8 + FORMS.indexOf(form))
  }
}

/** Reads the entries of one decision. */
export class EntryReader {
  readonly #from: ByteReader
  readonly #context: ReadContext
  readonly #at: Moment
  #previous = -1
  #since: Date | undefined

  constructor(from: ByteReader, context: ReadContext, at: Moment) {
    this.#from = from
    this.#context = context
    this.#at = at
  }

  read(): Entry {
    const head = this.#from.varint()
    const zigzag = Math.floor(head / 8)
    const step = zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
    const number = this.#previous + 1 + step
    this.#previous = number
    const form = FORMS[head % 8]
    switch (form) {
      case 'grew':
        return this.#readGrowth(number)
      case 'grewSince':
        this.#since = readDate(this.#from)
        return this.#readGrowth(number)
      case 'interim':
      case 'start':
        return { kind: form, session: this.#readSession(number), counted: this.#readCounted() }
      case 'missed':
        return this.#readMissed(number, this.#last(number))
      case 'stop':
        return this.#readStop(number, this.#last(number))
      case 'stopWhole':
        return this.#readStop(number, readSession(this.#from, this.#context))
      case undefined:
        throw new MalformedRecord(`no entry of form ${head % 8}`)
      default:
        return form satisfies never
    }
  }

  #readGrowth(number: number): Entry {
    if (!this.#since) throw new MalformedRecord('bytes without a span')
    const delta: Bytes = { upload: this.#from.varint(), download: this.#from.varint() }
    const session = grownSession(this.#last(number), delta, this.#at.steadyMs)
    if (!session) throw new MalformedRecord(`session ${number} grew before it was counted`)
    this.#context.sessions.set(number, session)
    return { kind: 'interim', session, counted: [{ delta, from: this.#since, to: this.#at.wall }] }
  }

  #readMissed(number: number, last: Session): Entry {
    const from = this.#from
    const missed = { lastSeenMs: from.number(), goneMs: from.number() }
    const sinceMs = last.mark.kind === 'counted' ? from.number() : undefined
    const session = missedSession(last, missed, sinceMs)
    this.#context.sessions.set(number, session)
    return { kind: 'interim', session, counted: NOTHING_COUNTED }
  }

  #readSession(number: number): Session {
    const session = readSession(this.#from, this.#context)
    this.#context.sessions.set(number, session)
    return session
  }

  #readCounted(): readonly CountedSpan[] {
    const from = this.#from
    const read = () => ({ delta: readBytes(from), from: readDate(from), to: readDate(from) })
    const counted = [...from.items(read)]
    return counted.length === 0 ? NOTHING_COUNTED : counted
  }

  #readStop(number: number, session: Session): Entry {
    this.#context.sessions.delete(number)
    return { kind: 'stop', session, ...readEnd(this.#from, this.#context.words) }
  }

  #last(number: number): Session {
    const session = this.#context.sessions.get(number)
    if (!session) throw new MalformedRecord(`no session ${number} of this router in this segment yet`)
    return session
  }
}

/** The session after a reading that missed it. @param sinceMs of its mark, if that is `counted` */
function missedSession(session: Session, missed: Absence, sinceMs: number | undefined): Session {
  const { mark } = session
  return { ...session, missed, mark: mark.kind === 'counted' ? { ...mark, sinceMs } : mark }
}

export function writeEnd(out: ByteWriter, words: WrittenWords, end: PendingEnd): void {
  const { lastSeenAt, endTime, reason, device } = end
  writeDate(out, lastSeenAt)
  writeDate(out, endTime)
  out.byte(END_REASONS.indexOf(reason))
  if (reason === 'router_changed') words.write(out, device ?? '')
}

export function readEnd(from: ByteReader, words: ReadWords): PendingEnd {
  const lastSeenAt = readDate(from)
  const endTime = readDate(from)
  const reason = from.choice(END_REASONS)
  const device = reason === 'router_changed' ? words.read(from) || undefined : undefined
  return { lastSeenAt, endTime, reason, device }
}
