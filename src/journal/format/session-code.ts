import type { Bytes } from '../../accounting/bytes.ts'
import { countedUpTo, type Mark } from '../../accounting/counting/mark.ts'
import { sessionId } from '../../accounting/ids.ts'
import type { Moment, Service, Window } from '../../accounting/reading.ts'
import type { Session } from '../../accounting/session.ts'
import { type ByteReader, MalformedRecord } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { WrittenWords } from './dictionary.ts'
import type { ReadContext } from './router-context.ts'
import { NO_REST, readRest, restText, type SessionRest, withRest } from './session-rest.ts'

/*
 *     session = id:string service protocol:word username:string
 *               has:byte server:word? macAddress:string? ipAddress:string? routerSessionId:string? callerId:string? binding:word?
 *               startMs:number login:window mark recorded:bytes lastMovedMs:number reported:byte
 *               domain:word? rest:string?
 *     has     = one bit for each of the eight that may be absent, the first in the lowest
 *     mark    = 0 (owed from login) | 1 (owed from baseline) | 2 counters:bytes | 3 counters:bytes sinceMs:number
 *     rest    = JSON of what only few sessions have: see `session-rest.ts`
 *     service = word                                       up to format 2 a byte: 0 for hotspot, 1 for PPP
 *     window  = earliestMs:number latestMs:number
 *     moment  = wall:number steadyMs:number
 *     bytes   = upload:number download:number
 */

export function writeSession(out: ByteWriter, words: WrittenWords, session: Session): void {
  const { server, macAddress, ipAddress, routerSessionId, callerId, binding, domain } = session
  const rest = restText(session)
  const start = out.length
  out.string(session.id)
  writeService(out, words, session.service)
  words.write(out, session.protocol)
  out.string(session.username)
  const optional = [server, macAddress, ipAddress, routerSessionId, callerId, binding, domain, rest]
  out.byte(optional.reduce((has, it, bit) => (it === undefined ? has : has | (1 << bit)), 0))
  if (server !== undefined) words.write(out, server)
  if (macAddress !== undefined) out.string(macAddress)
  if (ipAddress !== undefined) out.string(ipAddress)
  if (routerSessionId !== undefined) out.string(routerSessionId)
  if (callerId !== undefined) out.string(callerId)
  if (binding !== undefined) words.write(out, binding)
  out.number(session.startMs)
  writeWindow(out, session.login)
  writeMark(out, session.mark)
  writeBytes(out, session.recorded)
  out.number(session.lastMovedMs)
  out.byte(session.reported)
  if (domain !== undefined) words.write(out, domain)
  if (rest !== undefined) out.string(rest)
  words.sessionBytes += out.length - start
}

export function readSession(from: ByteReader, context: ReadContext): Session {
  const { words } = context
  const id = sessionId(from.string())
  const service = readService(from, context)
  const protocol = words.read(from)
  const username = from.string()
  const has = from.byte()
  const session = {
    id,
    service,
    protocol,
    username,
    server: has & 1 ? words.read(from) : undefined,
    macAddress: has & 2 ? from.string() : undefined,
    ipAddress: has & 4 ? from.string() : undefined,
    routerSessionId: has & 8 ? from.string() : undefined,
    callerId: has & 16 ? from.string() : undefined,
    binding: has & 32 ? words.read(from) : undefined,
    startMs: from.number(),
    login: readWindow(from),
    mark: readMark(from),
    recorded: readBytes(from),
    lastMovedMs: from.number(),
    reported: from.byte(),
    domain: has & 64 ? words.read(from) : undefined,
    ...NO_REST,
  }
  return has & 128 ? withRest(session, restOf(from)) : session
}

function restOf(from: ByteReader): SessionRest {
  try {
    return readRest(from.string())
  } catch (cause) {
    if (!(cause instanceof RangeError || cause instanceof SyntaxError)) throw cause
    throw new MalformedRecord('not the rest of a session', { cause })
  }
}

function writeMark(out: ByteWriter, mark: Mark): void {
  switch (mark.kind) {
    case 'owed':
      out.byte(mark.from === 'login' ? 0 : 1)
      break
    case 'counted':
      out.byte(mark.sinceMs === undefined ? 2 : 3)
      writeBytes(out, mark.counters)
      if (mark.sinceMs !== undefined) out.number(mark.sinceMs)
      break
    default:
      mark satisfies never
  }
}

function readMark(from: ByteReader): Mark {
  const form = from.byte()
  switch (form) {
    case 0:
      return { kind: 'owed', from: 'login', sinceMs: undefined, shown: undefined }
    case 1:
      return { kind: 'owed', from: 'baseline', sinceMs: undefined, shown: undefined }
    case 2:
      return countedUpTo(readBytes(from))
    case 3:
      return { ...countedUpTo(readBytes(from)), sinceMs: from.number() }
    default:
      throw new MalformedRecord(`no mark ${form}`)
  }
}

/** Up to format 2 services had numbers. */
const NUMBERED: readonly Service[] = ['hotspot', 'ppp']

export function writeService(out: ByteWriter, words: WrittenWords, service: Service): void {
  words.write(out, service)
}

export function readService(from: ByteReader, { format, words }: ReadContext): Service {
  return format < 3 ? from.choice(NUMBERED) : words.read(from)
}

export function writeDate(out: ByteWriter, date: Date): void {
  out.number(date.getTime())
}

export function readDate(from: ByteReader): Date {
  return new Date(from.number())
}

export function writeMoment(out: ByteWriter, moment: Moment): void {
  writeDate(out, moment.wall)
  out.number(moment.steadyMs)
}

export function readMoment(from: ByteReader): Moment {
  return { wall: readDate(from), steadyMs: from.number() }
}

export function writeWindow(out: ByteWriter, window: Window): void {
  out.number(window.earliestMs)
  out.number(window.latestMs)
}

export function readWindow(from: ByteReader): Window {
  return { earliestMs: from.number(), latestMs: from.number() }
}

export function writeBytes(out: ByteWriter, bytes: Bytes): void {
  out.number(bytes.upload)
  out.number(bytes.download)
}

export function readBytes(from: ByteReader): Bytes {
  return { upload: from.number(), download: from.number() }
}
