import { NONE_AWAY } from '../../accounting/device.ts'
import { type Decision, EVENT_KINDS, type LedgerEvent, NO_MOVES } from '../../accounting/entry.ts'
import type { Steps } from '../../accounting/steps.ts'
import { readBindings, writeBindings } from './binding-code.ts'
import { type ByteReader, MalformedRecord } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { readAway, readDevice, readMoves, writeAway, writeDevice, writeMoves } from './device-code.ts'
import { EntryReader, EntryWriter } from './entry-code.ts'
import type { ReadBook, WrittenBook } from './router-context.ts'
import {
  readDate,
  readMoment,
  readService,
  readWindow,
  writeDate,
  writeMoment,
  writeService,
  writeWindow,
} from './session-code.ts'

/*
 *     decision = service at:moment boot:window
 *                varint entry*  varint event*  varint binding*
 *                device isReplaced:flag away moves             since format 2
 *     event    = kind:byte at:number detail:string             as JSON
 */

/** Entries that are written at a step. */
const ENTRIES_A_STEP = 200

export function* writeDecision(out: ByteWriter, book: WrittenBook, decision: Decision): Steps<void> {
  const { service, at, boot, entries, growth, events, bindings, device, isReplaced, away, moves } = decision
  writeService(out, book.words, service)
  writeMoment(out, at)
  writeWindow(out, boot)
  out.varint(entries.length + (growth?.numbers.length ?? 0))
  const entryWriter = new EntryWriter(out, book, at)
  for (const [index, entry] of entries.entries()) {
    entryWriter.write(entry)
    if (index % ENTRIES_A_STEP === ENTRIES_A_STEP - 1) yield
  }
  if (growth) entryWriter.writeGrowth(growth)
  writeEvents(out, events)
  writeBindings(out, book, bindings)
  writeDevice(out, book.words, device)
  out.flag(isReplaced)
  writeAway(out, book.words, away)
  writeMoves(out, moves)
}

export function readDecision(from: ByteReader, book: ReadBook): Decision {
  const service = readService(from, book)
  const at = readMoment(from)
  const boot = readWindow(from)
  const entryReader = new EntryReader(from, book, at)
  const entries = [...from.items(() => entryReader.read())]
  const events = readEvents(from)
  const bindings = readBindings(from, book)
  const common = { service, at, boot, entries, events, bindings }
  if (book.format === 1)
    return { ...common, device: undefined, isReplaced: false, away: NONE_AWAY, moves: NO_MOVES }
  const device = readDevice(from, book.words)
  const isReplaced = from.flag()
  const away = readAway(from, book.words)
  return { ...common, device, isReplaced, away, moves: readMoves(from) }
}

export function writeEvents(out: ByteWriter, events: readonly LedgerEvent[]): void {
  out.varint(events.length)
  for (const { kind, at, detail } of events) {
    out.byte(EVENT_KINDS.indexOf(kind))
    writeDate(out, at)
    out.string(JSON.stringify(detail))
  }
}

export function readEvents(from: ByteReader): readonly LedgerEvent[] {
  const read = () => ({
    kind: from.choice(EVENT_KINDS),
    at: readDate(from),
    detail: readDetail(from),
  })
  return [...from.items(read)]
}

function readDetail(from: ByteReader): LedgerEvent['detail'] {
  const detail = parse(from.string())
  if (!isDetail(detail)) throw new MalformedRecord('an event without its detail')
  return detail
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw new MalformedRecord('an event with no JSON', { cause })
  }
}

function isDetail(value: unknown): value is LedgerEvent['detail'] {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
