import { Socket } from 'node:net'
import { RouterOSAPI } from 'node-routeros'
import { RowMemory } from '../../../../src/routeros/rows/row-memory.ts'
import { internalsOf } from '../../../../src/routeros/wire/node-routeros.ts'
import { parseSentence } from '../../../../src/routeros/wire/sentence.ts'
import { SentenceDecoder } from '../../../../src/routeros/wire/words.ts'

/** Decodes a reply. @returns the number of rows */
export type Way = (chunks: readonly Buffer[]) => number

/** As the daemon reads a menu after a first reply, if that is given. */
export function ours(first: readonly Buffer[]): Way {
  const memory = new RowMemory(['uptime', 'bytes-in', 'bytes-out'], 1e9)
  const decoder = new SentenceDecoder({
    maxWordBytes: 65_536,
    onSentence: words => {
      const { reply, row } = parseSentence(words)
      if (reply === '!re') memory.add(words, row)
    },
  })
  const way: Way = chunks => {
    memory.begin()
    decoder.known = memory
    for (const chunk of chunks) decoder.push(chunk)
    memory.end()
    return memory.numbers.length + memory.takeParsed().length
  }
  if (first.length > 0) way(first)
  return way
}

/** As the daemon reads a menu for the first time. */
export const oursAtFirst: Way = chunks => ours([])(chunks)

export const byTheLibrary: Way = chunks => {
  const api = new RouterOSAPI({ host: '127.0.0.1', port: 9, keepalive: false })
  api.on('error', () => {})
  api.connect().catch(() => {})
  const { receiver, socket } = internalsOf(api)
  if (socket instanceof Socket) socket.destroy()
  let rows = 0
  Reflect.apply(Reflect.get(receiver, 'read'), receiver, ['7', () => rows++])
  for (const chunk of chunks) receiver.processRawData(chunk)
  // It keeps the last row back, waiting for more; `!done` is not a row.
  return rows
}

/** The least work that makes an object of each row: one string per sentence, cut at the lengths. */
export const minimal: Way = chunks => {
  let rows = 0
  let last: Record<string, string> = {}
  framed(chunks, (bytes, start, end) => {
    const row: Record<string, string> = {}
    let isRow = false
    for (let at = start; at < end; ) {
      const length = bytes[at] ?? 0
      const word = bytes.toString('latin1', at + 1, at + 1 + length)
      at += 1 + length
      if (word === '!re') isRow = true
      const equals = word.indexOf('=', 1)
      if (equals > 0 && word.startsWith('=')) row[word.slice(1, equals)] = word.slice(equals + 1)
    }
    if (!isRow) return
    last = row
    rows++
  })
  return last['user'] === undefined ? -1 : rows
}

/** Finds the end of each sentence, and nothing else. */
export const framingOnly: Way = chunks => {
  let sentences = 0
  framed(chunks, () => sentences++)
  return sentences - 1
}

/** @param take gets a sentence without its end; words are shorter than 128 bytes here */
function framed(chunks: readonly Buffer[], take: (bytes: Buffer, start: number, end: number) => void): void {
  let rest = Buffer.alloc(0)
  for (const chunk of chunks) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    let start = 0
    for (let at = 0; at < bytes.length; ) {
      const length = bytes[at] ?? 0
      if (length === 0) {
        take(bytes, start, at)
        start = at + 1
      }
      at += 1 + length
    }
    rest = Buffer.from(bytes.subarray(start))
  }
}
