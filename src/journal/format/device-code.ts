import type { AwayReading } from '../../accounting/device.ts'
import { type Move, NO_MOVES } from '../../accounting/entry.ts'
import { sessionId } from '../../accounting/ids.ts'
import type { Device } from '../../accounting/reading.ts'
import { type ByteReader, MalformedRecord } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { ReadWords, WrittenWords } from './dictionary.ts'
import { readMoment, readWindow, writeMoment, writeWindow } from './session-code.ts'

/*
 *     device = 0 | 1 identity:word | 2 identity:word serial:word
 *     away   = varint (device at:moment boot:window isFromAnotherProcess:flag)*
 *     moves  = varint (from:string to:string)*
 */

export function writeDevice(out: ByteWriter, words: WrittenWords, device: Device | undefined): void {
  out.byte(device ? (device.serial === undefined ? 1 : 2) : 0)
  if (!device) return
  words.write(out, device.identity)
  if (device.serial !== undefined) words.write(out, device.serial)
}

export function readDevice(from: ByteReader, words: ReadWords): Device | undefined {
  const form = from.byte()
  switch (form) {
    case 0:
      return undefined
    case 1:
      return { identity: words.read(from), serial: undefined }
    case 2:
      return { identity: words.read(from), serial: words.read(from) }
    default:
      throw new MalformedRecord(`no device of form ${form}`)
  }
}

export function writeAway(out: ByteWriter, words: WrittenWords, away: readonly AwayReading[]): void {
  out.varint(away.length)
  for (const { device, at, boot, isFromAnotherProcess } of away) {
    writeDevice(out, words, device)
    writeMoment(out, at)
    writeWindow(out, boot)
    out.flag(isFromAnotherProcess)
  }
}

export function readAway(from: ByteReader, words: ReadWords): readonly AwayReading[] {
  return [
    ...from.items(() => {
      const device = readDevice(from, words)
      if (!device) throw new MalformedRecord('a router that is away without a device')
      return { device, at: readMoment(from), boot: readWindow(from), isFromAnotherProcess: from.flag() }
    }),
  ]
}

export function writeMoves(out: ByteWriter, moves: readonly Move[]): void {
  out.varint(moves.length)
  for (const { from, to } of moves) {
    out.string(from)
    out.string(to)
  }
}

export function readMoves(from: ByteReader): readonly Move[] {
  const read = () => ({ from: sessionId(from.string()), to: sessionId(from.string()) })
  const moves = [...from.items(read)]
  return moves.length === 0 ? NO_MOVES : moves
}
