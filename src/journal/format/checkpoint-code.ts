import { type Bindings, NO_BINDINGS } from '../../accounting/counting/bindings.ts'
import { countedUpTo } from '../../accounting/counting/mark.ts'
import { NONE_AWAY } from '../../accounting/device.ts'
import { NO_MOVES } from '../../accounting/entry.ts'
import type { SessionId } from '../../accounting/ids.ts'
import type { LastReading } from '../../accounting/ledger.ts'
import type { Service } from '../../accounting/reading.ts'
import type { Share } from '../../accounting/spread.ts'
import type { Pending } from '../../accounting/waiting/pending.ts'
import type { PendingSession } from '../../accounting/waiting/pending-session.ts'
import { readBindings, writeBindings } from './binding-code.ts'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { readEvents, writeEvents } from './decision-code.ts'
import { readAway, readDevice, readMoves, writeAway, writeDevice, writeMoves } from './device-code.ts'
import type { ReadWords } from './dictionary.ts'
import { readEnd, writeEnd } from './entry-code.ts'
import type { ReadBook, WrittenBook } from './router-context.ts'
import {
  readBytes,
  readMoment,
  readService,
  readSession,
  readWindow,
  writeBytes,
  writeMoment,
  writeService,
  writeSession,
  writeWindow,
} from './session-code.ts'

/*
 *     pending  = basePosition:varint position:varint
 *                varint waiting*  varint event*  bindings  varint reading*
 *                moves                                            since format 2
 *                forgetsBindings:flag                             in format 2 only
 *     waiting  = number:varint session isNew:flag end varint share*
 *     end      = 0 | 1 lastSeenAt:number endTime:number reason:byte
 *     share    = bucketStartMs:number day:word bytes
 *     reading  = service at:moment boot:window flags:byte (1 isFromAnotherProcess, 2 hasLeft)
 *                device away                                      since format 2
 *     bindings = varint (service forgetsOthers:flag varint binding*)*
 *              | varint binding*                                  up to format 2: of PPP
 *
 * In format 1 a binding is name:word bytes.
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
  for (const [service, { forgetsOthers, moved }] of pending.bindings) {
    writeService(out, book.words, service)
    out.flag(forgetsOthers)
    writeBindings(out, book, moved)
  }
  out.varint(pending.readings.size)
  for (const [service, reading] of pending.readings) {
    writeService(out, book.words, service)
    writeMoment(out, reading.at)
    writeWindow(out, reading.boot)
    out.byte((reading.isFromAnotherProcess ? 1 : 0) + (reading.hasLeft ? 2 : 0))
    writeDevice(out, book.words, reading.device)
    writeAway(out, book.words, reading.away)
  }
  writeMoves(out, pending.moves)
}

export function readPending(from: ByteReader, book: ReadBook): Pending {
  const basePosition = from.varint()
  const position = from.varint()
  const sessions = new Map<SessionId, PendingSession>()
  for (const waiting of from.items(() => readWaiting(from, book))) sessions.set(waiting.session.id, waiting)
  const events = readEvents(from)
  const readBindingsOfPpp = book.format === 1 ? readPlainBindings : readBindings
  const ofPpp = book.format < 3 ? readBindingsOfPpp(from, book) : undefined
  const ofAll = ofPpp ? undefined : readAllBindings(from, book)
  const readings = new Map<Service, LastReading>(from.items(() => readReading(from, book)))
  const moves = book.format === 1 ? NO_MOVES : readMoves(from)
  const bindings = ofAll ?? bindingsOfPpp(book.format === 2 && from.flag(), ofPpp ?? NO_BINDINGS)
  return { basePosition, position, sessions, moves, events, bindings, readings }
}

function readAllBindings(from: ByteReader, book: ReadBook): Pending['bindings'] {
  const read = () => {
    const service = readService(from, book)
    return [service, { forgetsOthers: from.flag(), moved: readBindings(from, book) }] as const
  }
  return new Map(from.items(read))
}

/** Up to format 2 no other service had bindings. */
function bindingsOfPpp(forgetsOthers: boolean, moved: Bindings): Pending['bindings'] {
  return new Map(forgetsOthers || moved.size > 0 ? [['ppp', { forgetsOthers, moved }]] : [])
}

function writeWaiting(out: ByteWriter, book: WrittenBook, waiting: PendingSession): void {
  const { session, isNew, end, shares } = waiting
  out.varint(book.sessions.put(session))
  writeSession(out, book.words, session)
  out.flag(isNew)
  out.flag(end !== undefined)
  if (end) {
    writeEnd(out, book.words, end)
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
  const session = readSession(from, book)
  const isNew = from.flag()
  const end = from.flag() ? readEnd(from, book.words) : undefined
  if (end) book.sessions.delete(number)
  else book.sessions.set(number, session)
  const shares = new Map<number, Share>()
  for (const share of from.items(() => readShare(from, book.words))) shares.set(share.bucketStartMs, share)
  // Whether it has only grown is for whoever goes on from here to say anew.
  return { session, isNew, isOnlyGrown: false, end, shares }
}

function readShare(from: ByteReader, words: ReadWords): Share {
  const bucketStartMs = from.number()
  const day = words.read(from)
  return { bucketStartMs, day, ...readBytes(from) }
}

function readPlainBindings(from: ByteReader, book: ReadBook): Bindings {
  const read = () => [book.words.read(from), countedUpTo(readBytes(from))] as const
  const bindings = new Map(from.items(read))
  for (const [name, mark] of bindings) book.bindings.set(name, mark)
  return bindings
}

function readReading(from: ByteReader, book: ReadBook): [Service, LastReading] {
  const { format, words } = book
  const service = readService(from, book)
  const at = readMoment(from)
  const boot = readWindow(from)
  const flags = from.byte()
  const device = format === 1 ? undefined : readDevice(from, words)
  const away = format === 1 ? NONE_AWAY : readAway(from, words)
  const isFromAnotherProcess = (flags & 1) !== 0
  return [
    service,
    {
      at,
      boot,
      device,
      away,
      isFromAnotherProcess,
      hasLeft: (flags & 2) !== 0,
    },
  ]
}
