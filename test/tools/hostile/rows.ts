import { encodeSentence } from '../../../src/routeros/wire/words.ts'

/** A sentence's bytes; words are raw, one character per byte. */
export function sentence(...words: readonly string[]): Buffer {
  return encodeSentence(words.map(word => Buffer.from(word, 'latin1')))
}

/** A row of `/ip/hotspot/active` by the session's number: each number is another session. */
export function hotspotRow(
  tag: string,
  number: number,
  { user = `made-up-${number}`, uptimeSeconds = 1 }: { user?: string; uptimeSeconds?: number } = {},
): Buffer {
  const bytes = [number >> 16, number >> 8, number].map(it => it & 255)
  return sentence(
    ...['!re', tag, `=.id=${idOf(number)}`, '=server=hotspot1', `=user=${user}`],
    ...[`=address=10.${bytes.join('.')}`, `=mac-address=02:AA:${hexOf(number >>> 16)}:${hexOf(number)}`],
    ...[`=uptime=${uptimeSeconds}s`, '=bytes-in=1000', '=bytes-out=10000'],
  )
}

/** `*1A` for a session's number. */
export function idOf(number: number): string {
  return `*${(number + 1).toString(16).toUpperCase()}`
}

function hexOf(number: number): string {
  return [number >> 8, number].map(it => (it & 255).toString(16).padStart(2, '0').toUpperCase()).join(':')
}

/** Number of rows in a piece, which is sent at once. */
const A_PIECE = 500

/** The rows of these numbers, in pieces. */
export function* piecesOf(
  [from, to]: readonly [from: number, to: number],
  row: (number: number) => Buffer,
  rowsAPiece = A_PIECE,
): Generator<Buffer> {
  for (let begin = from; begin < to; begin += rowsAPiece) {
    const length = Math.min(rowsAPiece, to - begin)
    yield Buffer.concat(Array.from({ length }, (_, index) => row(begin + index)))
  }
}
