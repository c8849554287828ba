import { NONE_AWAY } from '../../accounting/device.ts'
import { type Decision, EVENT_KINDS, type LedgerEvent, NO_MOVES } from '../../accounting/entry.ts'
import type { Steps } from '../../accounting/steps.ts'
import { readBindings, writeBindings } from './binding-code.ts'
import { type ByteReader, MalformedRecord } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { readAway, readDevice, readMoves, writeAway, writeDevice, writeMoves } from './device-code.ts'
import { EntryReader, EntryWriter } from './entry-code.ts'
import type { ReadContext, WrittenContext } from './router-context.ts'
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

/** Number of entries that are written in one step. */
const ENTRIES_A_STEP = 200

export function* writeDecision(out: ByteWriter, context: WrittenContext, decision: Decision): Steps<void> {
  const { service, at, boot, entries, growth, events, bindings, device, isReplaced, away, moves } = decision
  writeService(out, context.words, service)
  writeMoment(out, at)
  writeWindow(out, boot)
  out.varint(entries.length + (growth?.numbers.length ?? 0))
  const entryWriter = new EntryWriter(out, context, at)
  for (const [index, entry] of entries.entries()) {
    entryWriter.write(entry)
    if (index % ENTRIES_A_STEP === ENTRIES_A_STEP - 1) yield
  }
  if (growth) entryWriter.writeGrowth(growth)
  writeEvents(out, events)
  writeBindings(out, context, bindings)
  writeDevice(out, context.words, device)
  out.flag(isReplaced)
  writeAway(out, context.words, away)
  writeMoves(out, moves)
}

export function readDecision(from: ByteReader, context: ReadContext): Decision {
  const service = readService(from, context)
  const at = readMoment(from)
  const boot = readWindow(from)
  const entryReader = new EntryReader(from, context, at)
  const entries = [...from.items(() => entryReader.read())]
  const events = readEvents(from)
  const bindings = readBindings(from, context)
  const common = { service, at, boot, entries, events, bindings }
  if (context.format === 1)
    return { ...common, device: undefined, isReplaced: false, away: NONE_AWAY, moves: NO_MOVES }
  const device = readDevice(from, context.words)
  const isReplaced = from.flag()
  const away = readAway(from, context.words)
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
