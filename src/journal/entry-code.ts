import type { Bytes } from '../accounting/bytes.ts'
import type { Growth } from '../accounting/columns.ts'
import type { Counted, EndReason, Entry } from '../accounting/entry.ts'
import { entryOfGrowth } from '../accounting/growth.ts'
import type { Moment } from '../accounting/reading.ts'
import { grownSession, type Session } from '../accounting/session.ts'
import { type ByteReader, MalformedRecord } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { growthOf, isSame, isSameSession } from './growth.ts'
import type { ReadBook, WrittenBook } from './segment-book.ts'
import { readBytes, readDate, readSession, writeBytes, writeDate, writeSession } from './session-code.ts'

/*
 *     entry   = head body
 *     head    = varint(zigzag(session's number − the number before − 1) · 8 + form)
 *     body    = grew      upload:varint download:varint                 since the same instant as the one before
 *             | grewSince from:number upload:varint download:varint     since another one
 *             | interim   session counted
 *             | start     session counted
 *             | stop      end                                           the session is as it was last written
 *             | stopWhole session end
 *     counted = 0 | 1 delta:bytes from:number to:number
 *     end     = lastSeenAt:number endTime:number reason:byte
 *     zigzag  = 0, −1, 1, −2, 2 … as 0, 1, 2, 3, 4 …
 *
 * `grew` is what nearly all entries are: mostly one byte of head, and two or three a direction.
 */
const FORMS = ['grew', 'grewSince', 'interim', 'start', 'stop', 'stopWhole'] as const
export const END_REASONS = ['logout', 'reboot', 'removed'] as const satisfies readonly EndReason[]

/** Writes the entries of one decision. */
export class EntryWriter {
  readonly #out: ByteWriter
  readonly #book: WrittenBook
  readonly #at: Moment
  #previous = -1
  #sinceMs = Number.NaN

  constructor(out: ByteWriter, book: WrittenBook, at: Moment) {
    this.#out = out
    this.#book = book
    this.#at = at
  }

  write(entry: Entry): void {
    switch (entry.kind) {
      case 'interim':
        if (!this.#writeGrowth(entry.session, entry.counted)) this.#writeWhole(entry)
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

  /** As so many `interim` entries. */
  writeGrowth(growth: Growth): void {
    const { upload, download, from } = growth
    const { sessions } = this.#book
    const sinceMs = from.getTime()
    const places = sessions.places(growth.columns)
    for (let place = 0; place < upload.length; place++) {
      const written = sessions.grow(growth, place, places, this.#at.steadyMs)
      if (written === undefined) this.#writeWhole(entryOfGrowth(growth, place, this.#at.steadyMs))
      else this.#writeGrown(written, sinceMs, upload[place] ?? 0, download[place] ?? 0)
    }
  }

  #writeGrowth(session: Session, counted: Counted | undefined): boolean {
    const last = this.#book.sessions.last(session.id)
    if (!last || counted?.to.getTime() !== this.#at.wall.getTime()) return false
    const by = growthOf(last, session, this.#at.steadyMs)
    if (!by || !isSame(by, counted.delta)) return false
    this.#writeGrown(this.#book.sessions.put(session), counted.from.getTime(), by.upload, by.download)
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
    this.#writeHead(this.#book.sessions.put(session), kind)
    writeSession(this.#out, this.#book.words, session)
    this.#out.flag(counted !== undefined)
    if (!counted) return
    writeBytes(this.#out, counted.delta)
    writeDate(this.#out, counted.from)
    writeDate(this.#out, counted.to)
  }

  #writeStop({ session, lastSeenAt, endTime, reason }: Extract<Entry, { kind: 'stop' }>): void {
    const last = this.#book.sessions.last(session.id)
    const isKnown = last !== undefined && isSameSession(last, session)
    this.#writeHead(this.#book.sessions.put(session), isKnown ? 'stop' : 'stopWhole')
    if (!isKnown) writeSession(this.#out, this.#book.words, session)
    writeDate(this.#out, lastSeenAt)
    writeDate(this.#out, endTime)
    this.#out.byte(END_REASONS.indexOf(reason))
    this.#book.sessions.end(session)
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
  readonly #book: ReadBook
  readonly #at: Moment
  #previous = -1
  #since: Date | undefined

  constructor(from: ByteReader, book: ReadBook, at: Moment) {
    this.#from = from
    this.#book = book
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
      case 'stop':
        return this.#readStop(number, this.#last(number))
      case 'stopWhole':
        return this.#readStop(number, readSession(this.#from, this.#book.words))
      case undefined:
        throw new MalformedRecord(`no entry of form ${head % 8}`)
      default:
        return form satisfies never
    }
  }

  #readGrowth(number: number): Entry {
    if (!this.#since) throw new MalformedRecord('bytes of no span')
    const delta: Bytes = { upload: this.#from.varint(), download: this.#from.varint() }
    const session = grownSession(this.#last(number), delta, this.#at.steadyMs)
    if (!session) throw new MalformedRecord(`session ${number} grew before it was counted`)
    this.#book.sessions.set(number, session)
    return { kind: 'interim', session, counted: { delta, from: this.#since, to: this.#at.wall } }
  }

  #readSession(number: number): Session {
    const session = readSession(this.#from, this.#book.words)
    this.#book.sessions.set(number, session)
    return session
  }

  #readCounted(): Counted | undefined {
    if (!this.#from.flag()) return undefined
    return { delta: readBytes(this.#from), from: readDate(this.#from), to: readDate(this.#from) }
  }

  #readStop(number: number, session: Session): Entry {
    this.#book.sessions.delete(number)
    return {
      kind: 'stop',
      session,
      lastSeenAt: readDate(this.#from),
      endTime: readDate(this.#from),
      reason: this.#from.choice(END_REASONS),
    }
  }

  #last(number: number): Session {
    const session = this.#book.sessions.get(number)
    if (!session) throw new MalformedRecord(`no session ${number} of this router in this segment yet`)
    return session
  }
}
