import type { Bytes } from '../accounting/bytes.ts'
import type { SessionId } from '../accounting/ids.ts'
import type { LastReading } from '../accounting/ledger.ts'
import type { Pending, PendingEnd, PendingSession } from '../accounting/pending.ts'
import type { Service } from '../accounting/reading.ts'
import type { Share } from '../accounting/spread.ts'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { readEvents, writeEvents } from './decision-code.ts'
import { END_REASONS } from './entry-code.ts'
import type { ReadBook, WrittenBook } from './segment-book.ts'
import {
  readBytes,
  readDate,
  readMoment,
  readService,
  readSession,
  readWindow,
  writeBytes,
  writeDate,
  writeMoment,
  writeService,
  writeSession,
  writeWindow,
} from './session-code.ts'
import type { ReadWords } from './words.ts'

/*
 *     pending  = basePosition:varint position:varint
 *                varint waiting*  varint event*  varint binding*  varint reading*
 *     waiting  = number:varint session isNew:flag end varint share*
 *     end      = 0 | 1 lastSeenAt:number endTime:number reason:byte
 *     share    = bucketStartMs:number day:word bytes
 *     binding  = name:word bytes
 *     reading  = service at:moment boot:window flags:byte (1 isFromAnotherProcess, 2 hasLeft)
 *
 * What it says of open sessions and bindings is what the segment's decisions go on from.
 */

export function writePending(out: ByteWriter, book: WrittenBook, pending: Pending): void {
  out.varint(pending.basePosition)
  out.varint(pending.position)
  out.varint(pending.sessions.size)
  for (const waiting of pending.sessions.values()) writeWaiting(out, book, waiting)
  writeEvents(out, pending.events)
  out.varint(pending.bindings.size)
  for (const [name, counters] of pending.bindings) {
    book.words.write(out, name)
    writeBytes(out, counters)
    book.bindings.set(name, counters)
  }
  out.varint(pending.readings.size)
  for (const [service, reading] of pending.readings) {
    writeService(out, service)
    writeMoment(out, reading.at)
    writeWindow(out, reading.boot)
    out.byte((reading.isFromAnotherProcess ? 1 : 0) + (reading.hasLeft ? 2 : 0))
  }
}

export function readPending(from: ByteReader, book: ReadBook): Pending {
  const basePosition = from.varint()
  const position = from.varint()
  const sessions = new Map<SessionId, PendingSession>()
  for (const waiting of from.items(() => readWaiting(from, book))) sessions.set(waiting.session.id, waiting)
  const events = readEvents(from)
  const bindings = new Map<string, Bytes>()
  for (const [name, counters] of from.items(() => readBinding(from, book.words))) {
    bindings.set(name, counters)
    book.bindings.set(name, counters)
  }
  const readings = new Map<Service, LastReading>(from.items(() => readReading(from)))
  return { basePosition, position, sessions, events, bindings, readings }
}

function writeWaiting(out: ByteWriter, book: WrittenBook, waiting: PendingSession): void {
  const { session, isNew, end, shares } = waiting
  out.varint(book.sessions.put(session))
  writeSession(out, book.words, session)
  out.flag(isNew)
  out.flag(end !== undefined)
  if (end) {
    writeDate(out, end.lastSeenAt)
    writeDate(out, end.endTime)
    out.byte(END_REASONS.indexOf(end.reason))
    book.sessions.end(session)
  }
  out.varint(shares.size)
  for (const share of shares.values()) {
    out.number(share.bucketStartMs)
    book.words.write(out, share.day)
    writeBytes(out, share)
  }
}

function readWaiting(from: ByteReader, book: ReadBook): PendingSession {
  const number = from.varint()
  const session = readSession(from, book.words)
  const isNew = from.flag()
  const end = from.flag() ? readEnd(from) : undefined
  if (end) book.sessions.delete(number)
  else book.sessions.set(number, session)
  const shares = new Map<number, Share>()
  for (const share of from.items(() => readShare(from, book.words))) shares.set(share.bucketStartMs, share)
  // Whether it has only grown is for whoever goes on from here to say anew.
  return { session, isNew, isOnlyGrown: false, end, shares }
}

function readEnd(from: ByteReader): PendingEnd {
  return { lastSeenAt: readDate(from), endTime: readDate(from), reason: from.choice(END_REASONS) }
}

function readShare(from: ByteReader, words: ReadWords): Share {
  const bucketStartMs = from.number()
  const day = words.read(from)
  return { bucketStartMs, day, ...readBytes(from) }
}

function readBinding(from: ByteReader, words: ReadWords): [string, Bytes] {
  return [words.read(from), readBytes(from)]
}

function readReading(from: ByteReader): [Service, LastReading] {
  const service = readService(from)
  const at = readMoment(from)
  const boot = readWindow(from)
  const flags = from.byte()
  return [service, { at, boot, isFromAnotherProcess: (flags & 1) !== 0, hasLeft: (flags & 2) !== 0 }]
}
