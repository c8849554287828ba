import { encodeSentence } from '../../../../src/routeros/wire/words.ts'

/** Size of chunks from a socket. */
const CHUNK_BYTES = 65_536

/** A reply to `/ip/hotspot/active/print`, in chunks. @param round determines the changing values */
export function replyOf(rows: number, round: number): readonly Buffer[] {
  const sentences = Array.from({ length: rows }, (_, number) => encodeSentence(rowOf(number, round)))
  const bytes = Buffer.concat([...sentences, encodeSentence(words('!done', '.tag=7'))])
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) chunks.push(bytes.subarray(at, at + CHUNK_BYTES))
  return chunks
}

function rowOf(number: number, round: number): readonly Buffer[] {
  const [high, middle, low] = [(number >> 16) & 255, (number >> 8) & 255, number & 255]
  return words(
    '!re',
    '.tag=7',
    `=.id=*${(0x0a000000 + number).toString(16).toUpperCase()}`,
    '=server=hotspot1',
    `=user=subscriber-${number}`,
    `=address=10.${high}.${middle}.${low}`,
    `=mac-address=34:12:F9:${hex(high)}:${hex(middle)}:${hex(low)}`,
    `=uptime=1d2h12m${round % 60}s`,
    `=bytes-in=${1_000_000 + number + round * 1_234}`,
    `=bytes-out=${40_000_000 + number * 7 + round * 56_789}`,
  )
}

function words(...texts: readonly string[]): readonly Buffer[] {
  return texts.map(text => Buffer.from(text))
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0').toUpperCase()
}
