import type { Bytes } from '../accounting/bytes.ts'
import type { Decision, LedgerEvent } from '../accounting/entry.ts'
import { type ByteReader, MalformedRecord } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { EntryReader, EntryWriter } from './entry-code.ts'
import { bytesGrowth } from './growth.ts'
import type { ReadBook, WrittenBook } from './segment-book.ts'
import {
  readBytes,
  readDate,
  readMoment,
  readService,
  readWindow,
  writeBytes,
  writeDate,
  writeMoment,
  writeService,
  writeWindow,
} from './session-code.ts'

/*
 *     decision = service at:moment boot:window
 *                varint entry*  varint event*  varint binding*
 *     event    = kind:byte at:number detail:string          as JSON
 *     binding  = name:word 0 bytes                          where it is told first, or fell
 *              | name:word 1 upload:varint download:varint  grown by
 */
const EVENT_KINDS = ['reset', 'baseline', 'quarantine', 'reboot', 'stall', 'discarded', 'set_aside'] as const

export function writeDecision(out: ByteWriter, book: WrittenBook, decision: Decision): void {
  const { service, at, boot, entries, growth, events, bindings } = decision
  writeService(out, service)
  writeMoment(out, at)
  writeWindow(out, boot)
  out.varint(entries.length + (growth?.numbers.length ?? 0))
  const entryWriter = new EntryWriter(out, book, at)
  for (const entry of entries) entryWriter.write(entry)
  if (growth) entryWriter.writeGrowth(growth)
  writeEvents(out, events)
  out.varint(bindings.size)
  for (const [name, counters] of bindings) {
    book.words.write(out, name)
    writeBinding(out, book.bindings.get(name), counters)
    book.bindings.set(name, counters)
  }
}

export function readDecision(from: ByteReader, book: ReadBook): Decision {
  const service = readService(from)
  const at = readMoment(from)
  const boot = readWindow(from)
  const entryReader = new EntryReader(from, book, at)
  const entries = [...from.items(() => entryReader.read())]
  const events = readEvents(from)
  const bindings = new Map<string, Bytes>()
  for (const [name, counters] of from.items(() => readBinding(from, book))) {
    bindings.set(name, counters)
    book.bindings.set(name, counters)
  }
  return { service, at, boot, entries, events, bindings }
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

function writeBinding(out: ByteWriter, last: Bytes | undefined, counters: Bytes): void {
  const by = last && bytesGrowth(last, counters)
  out.flag(by !== undefined)
  if (by) {
    out.varint(by.upload)
    out.varint(by.download)
  } else writeBytes(out, counters)
}

function readBinding(from: ByteReader, book: ReadBook): [string, Bytes] {
  const name = book.words.read(from)
  if (!from.flag()) return [name, readBytes(from)]
  const last = book.bindings.get(name)
  if (!last) throw new MalformedRecord(`binding ${name} grew from nothing`)
  return [name, { upload: last.upload + from.varint(), download: last.download + from.varint() }]
}
