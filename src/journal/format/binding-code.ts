import type { Bindings } from '../../accounting/counting/bindings.ts'
import { doubtsJson, doubtsOf } from '../../accounting/counting/doubt-text.ts'
import { type CountedMark, countedUpTo } from '../../accounting/counting/mark.ts'
import { type ByteReader, MalformedRecord } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { ReadContext, WrittenContext } from './router-context.ts'
import { readBytes, writeBytes } from './session-code.ts'
import { bytesGrowth } from './session-difference.ts'

/*
 *     binding = name:word 0 bytes                          the first time, or if it fell
 *             | name:word 1 upload:varint download:varint  what it grew by
 *             | name:word 2 bytes doubts:string            as JSON: see `doubt-text.ts`
 */
const WHOLE = 0
const GREW = 1
const DOUBTED = 2

export function writeBindings(out: ByteWriter, context: WrittenContext, bindings: Bindings): void {
  out.varint(bindings.size)
  for (const [name, mark] of bindings) {
    context.words.write(out, name)
    writeBinding(out, context.bindings.get(name), mark)
    context.bindings.set(name, mark)
  }
}

export function readBindings(from: ByteReader, context: ReadContext): Bindings {
  const bindings = new Map<string, CountedMark>()
  for (const [name, mark] of from.items(() => readBinding(from, context))) {
    bindings.set(name, mark)
    context.bindings.set(name, mark)
  }
  return bindings
}

function writeBinding(
  out: ByteWriter,
  last: CountedMark | undefined,
  { counters, doubts }: CountedMark,
): void {
  const by = last && !last.doubts && !doubts ? bytesGrowth(last.counters, counters) : undefined
  out.byte(doubts ? DOUBTED : by ? GREW : WHOLE)
  if (by) {
    out.varint(by.upload)
    out.varint(by.download)
  } else writeBytes(out, counters)
  if (doubts) out.string(JSON.stringify(doubtsJson(doubts)))
}

function readBinding(from: ByteReader, context: ReadContext): [string, CountedMark] {
  const name = context.words.read(from)
  const form = from.byte()
  switch (form) {
    case WHOLE:
      return [name, countedUpTo(readBytes(from))]
    case GREW: {
      const last = context.bindings.get(name)?.counters
      if (!last) throw new MalformedRecord(`binding ${name} grew from nothing`)
      const counters = { upload: last.upload + from.varint(), download: last.download + from.varint() }
      return [name, countedUpTo(counters)]
    }
    case DOUBTED: {
      const counters = readBytes(from)
      return [name, { ...countedUpTo(counters), doubts: readDoubts(from) }]
    }
    default:
      throw new MalformedRecord(`no binding of form ${form}`)
  }
}

function readDoubts(from: ByteReader): CountedMark['doubts'] {
  try {
    return doubtsOf(JSON.parse(from.string()))
  } catch (cause) {
    if (!(cause instanceof RangeError || cause instanceof SyntaxError)) throw cause
    throw new MalformedRecord('not doubts', { cause })
  }
}
