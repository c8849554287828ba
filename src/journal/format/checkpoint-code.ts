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
import type { ReadContext, WrittenContext } from './router-context.ts'
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
 *     reading  = service at:moment boot:window flags:byte (1 isFromAnotherProcess, 2 isRemoved)
 *                device away                                      since format 2
 *     bindings = varint (service forgetsOthers:flag varint binding*)*
 *              | varint binding*                                  up to format 2, for PPP only
 *
 * In format 1 a binding is name:word bytes.
 *
 * The decisions of the segment continue from the open sessions and bindings in it.
 */

export function writePending(out: ByteWriter, context: WrittenContext, pending: Pending): void {
  out.varint(pending.basePosition)
  out.varint(pending.position)
  out.varint(pending.sessions.size)
  for (const waiting of pending.sessions.values()) writeWaiting(out, context, waiting)
  writeEvents(out, pending.events)
  out.varint(pending.bindings.size)
  for (const [service, { forgetsOthers, moved }] of pending.bindings) {
    writeService(out, context.words, service)
    out.flag(forgetsOthers)
    writeBindings(out, context, moved)
  }
  out.varint(pending.readings.size)
  for (const [service, reading] of pending.readings) {
    writeService(out, context.words, service)
    writeMoment(out, reading.at)
    writeWindow(out, reading.boot)
    out.byte((reading.isFromAnotherProcess ? 1 : 0) + (reading.isRemoved ? 2 : 0))
    writeDevice(out, context.words, reading.device)
    writeAway(out, context.words, reading.away)
  }
  writeMoves(out, pending.moves)
}

export function readPending(from: ByteReader, context: ReadContext): Pending {
  const basePosition = from.varint()
  const position = from.varint()
  const sessions = new Map<SessionId, PendingSession>()
  for (const waiting of from.items(() => readWaiting(from, context)))
    sessions.set(waiting.session.id, waiting)
  const events = readEvents(from)
  const readBindingsOfPpp = context.format === 1 ? readPlainBindings : readBindings
  const ofPpp = context.format < 3 ? readBindingsOfPpp(from, context) : undefined
  const ofAll = ofPpp ? undefined : readAllBindings(from, context)
  const readings = new Map<Service, LastReading>(from.items(() => readReading(from, context)))
  const moves = context.format === 1 ? NO_MOVES : readMoves(from)
  const bindings = ofAll ?? bindingsOfPpp(context.format === 2 && from.flag(), ofPpp ?? NO_BINDINGS)
  return { basePosition, position, sessions, moves, events, bindings, readings }
}

function readAllBindings(from: ByteReader, context: ReadContext): Pending['bindings'] {
  const read = () => {
    const service = readService(from, context)
    return [service, { forgetsOthers: from.flag(), moved: readBindings(from, context) }] as const
  }
  return new Map(from.items(read))
}

/** Up to format 2 only PPP had bindings. */
function bindingsOfPpp(forgetsOthers: boolean, moved: Bindings): Pending['bindings'] {
  return new Map(forgetsOthers || moved.size > 0 ? [['ppp', { forgetsOthers, moved }]] : [])
}

function writeWaiting(out: ByteWriter, context: WrittenContext, waiting: PendingSession): void {
  const { session, isNew, end, shares } = waiting
  out.varint(context.sessions.put(session))
  writeSession(out, context.words, session)
  out.flag(isNew)
  out.flag(end !== undefined)
  if (end) {
    writeEnd(out, context.words, end)
    context.sessions.end(session)
  }
  out.varint(shares.size)
  for (const share of shares.values()) {
    out.number(share.bucketStartMs)
    context.words.write(out, share.day)
    writeBytes(out, share)
  }
}

function readWaiting(from: ByteReader, context: ReadContext): PendingSession {
  const number = from.varint()
  const session = readSession(from, context)
  const isNew = from.flag()
  const end = from.flag() ? readEnd(from, context.words) : undefined
  if (end) context.sessions.delete(number)
  else context.sessions.set(number, session)
  const shares = new Map<number, Share>()
  for (const share of from.items(() => readShare(from, context.words))) shares.set(share.bucketStartMs, share)
  // The records after it decide again whether it has only grown.
  return { session, isNew, isOnlyGrown: false, end, shares }
}

function readShare(from: ByteReader, words: ReadWords): Share {
  const bucketStartMs = from.number()
  const day = words.read(from)
  return { bucketStartMs, day, ...readBytes(from) }
}

function readPlainBindings(from: ByteReader, context: ReadContext): Bindings {
  const read = () => [context.words.read(from), countedUpTo(readBytes(from))] as const
  const bindings = new Map(from.items(read))
  for (const [name, mark] of bindings) context.bindings.set(name, mark)
  return bindings
}

function readReading(from: ByteReader, context: ReadContext): [Service, LastReading] {
  const { format, words } = context
  const service = readService(from, context)
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
      isRemoved: (flags & 2) !== 0,
    },
  ]
}
