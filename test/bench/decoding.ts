import { Socket } from 'node:net'
import { RouterOSAPI } from 'node-routeros'
import { internalsOf } from '../../src/routeros/library.ts'
import { parseSentence } from '../../src/routeros/sentence.ts'
import { encodeSentence, SentenceDecoder } from '../../src/routeros/words.ts'
import { bestOf, perSecond, report } from './measure.ts'

const ROWS = 20_000
const CHUNK = 16_384

/** Rows of `/ip/hotspot/active/print`, by our decoder and by the library's, from the same bytes in the same chunks. */
export function benchDecoding(): void {
  const chunks = chunksOf(Buffer.concat(Array.from({ length: ROWS }, (_, number) => rowBytes(number))))
  const oursMs = bestOf(5, () => {
    let rows = 0
    const decoder = new SentenceDecoder({
      maxWordBytes: 1 << 20,
      onSentence: words => {
        rows += parseSentence(words).row.size > 0 ? 1 : 0
      },
    })
    for (const chunk of chunks) decoder.push(chunk)
    if (rows !== ROWS) throw new Error(`decoded ${rows} of ${ROWS} rows`)
  })
  const libraryMs = bestOf(3, () => decodeByLibrary(chunks))
  report('decode hotspot rows', perSecond(ROWS, oursMs))
  report("… as a multiple of node-routeros' own decoder", (libraryMs / oursMs).toFixed(1))
}

function decodeByLibrary(chunks: readonly Buffer[]): void {
  const api = new RouterOSAPI({ host: '127.0.0.1', port: 9, keepalive: false })
  api.on('error', () => {})
  api.connect().catch(() => {})
  const { receiver, socket } = internalsOf(api)
  if (socket instanceof Socket) socket.destroy()
  let rows = 0
  Reflect.apply(Reflect.get(receiver, 'read'), receiver, ['7', () => rows++])
  for (const chunk of chunks) receiver.processRawData(chunk)
  if (rows < ROWS - 1) throw new Error(`the library decoded ${rows} of ${ROWS} rows`)
}

function rowBytes(number: number): Buffer {
  const words = [
    '!re',
    '.tag=7',
    '=server=hotspot1',
    `=user=subscriber-${number}`,
    `=address=10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`,
    '=mac-address=34:12:F9:8A:21:4C',
    '=uptime=1d2h12m4s',
    `=bytes-in=${1_000_000 + number}`,
    `=bytes-out=${40_000_000 + number * 7}`,
  ]
  return encodeSentence(words.map(word => Buffer.from(word)))
}

function chunksOf(bytes: Buffer): readonly Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += CHUNK) chunks.push(bytes.subarray(at, at + CHUNK))
  return chunks
}
