import { expect, test } from 'vitest'
import { Assembly, piecesOf } from '../../src/bus/pieces.ts'
import { Random } from '../journal/random.ts'

const LIMITS = { mostBytes: 1_000_000, mostSenders: 3 }
const HEAD = { daemon: '0f3a77c2-aaaa', run: 7, number: 12 }

function takeAll(assembly: Assembly, pieces: Iterable<Uint8Array>) {
  return Array.from(pieces, piece => assembly.take(piece)).filter(message => message !== undefined)
}

test('a message of any size comes back whole, and no piece is larger than the bus allows', () => {
  const random = new Random(5)
  for (let size = 0; size < 200_000; size = size * 3 + 1) {
    const body = Buffer.from(Array.from({ length: size }, () => random.below(256)))
    for (const mostBytes of [400, 4_096, 1_048_576]) {
      const pieces = [...piecesOf(HEAD, body, mostBytes)]
      expect(Math.max(...pieces.map(piece => piece.length))).toBeLessThanOrEqual(mostBytes)
      const [message, ...more] = takeAll(new Assembly(LIMITS), pieces)
      expect(more).toEqual([])
      expect(message).toMatchObject(HEAD)
      expect(message?.body.equals(body)).toBe(true)
    }
  }
})

test('a message with a missing, repeated or foreign piece is dropped, and the next one is whole', () => {
  const pieces = [...piecesOf(HEAD, Buffer.alloc(5_000, 1), 1_000)]
  const later = [...piecesOf({ ...HEAD, number: 13 }, Buffer.alloc(5_000, 2), 1_000)]
  for (const damaged of [
    pieces.toSpliced(2, 1),
    pieces.toSpliced(0, 1),
    pieces.toSpliced(3, 0, pieces[2] ?? Buffer.of()),
    [...pieces.slice(0, 3), ...later.slice(3)],
  ]) {
    const assembly = new Assembly(LIMITS)
    expect(takeAll(assembly, damaged)).toEqual([])
    expect(takeAll(assembly, later)).toMatchObject([{ number: 13 }])
  }
})

test('messages of several daemons may come at the same time', () => {
  const assembly = new Assembly(LIMITS)
  const [a, b] = ['a', 'b'].map(daemon => [...piecesOf({ ...HEAD, daemon }, Buffer.alloc(3_000), 1_000)])
  const mixed = (a ?? []).flatMap((piece, index) => [piece, b?.[index] ?? Buffer.of()])
  expect(takeAll(assembly, mixed).map(it => it.daemon)).toEqual(['a', 'b'])
})

test('what is no piece is ignored, whatever it is', () => {
  const assembly = new Assembly(LIMITS)
  const random = new Random(9)
  const heads = [
    ...['', 'T1', 'T2 a 1 1 0 1\nx', 'T1 a 1 1 1 1\nx', 'T1 a 1 1 0 0\nx', 'T1 a 1 1 5 2\nx'],
    ...['T1 a -1 1 0 1\nx', `T1 ${'a'.repeat(65)} 1 1 0 1\nx`, 'T1 a 1 1 0 1', 'T1 a b 1 0 1\nx'],
    `T1 a ${'9'.repeat(200)} 1 0 1\nx`,
  ]
  for (const text of heads) expect(assembly.take(Buffer.from(text)), text).toBeUndefined()
  for (let n = 0; n < 2_000; n++) {
    const bytes = Buffer.from(Array.from({ length: random.below(200) }, () => random.below(256)))
    expect(assembly.take(bytes)).toBeUndefined()
  }
})

test('what senders can make us hold is limited', () => {
  const assembly = new Assembly({ mostBytes: 10_000, mostSenders: 3 })
  expect(takeAll(assembly, piecesOf(HEAD, Buffer.alloc(10_001), 1_000))).toEqual([])
  expect(takeAll(assembly, piecesOf(HEAD, Buffer.alloc(10_000), 1_000))).toHaveLength(1)
  for (const daemon of ['a', 'b', 'c', 'd']) {
    const [first = Buffer.of()] = piecesOf({ ...HEAD, daemon }, Buffer.alloc(5_000), 1_000)
    assembly.take(first)
  }
  expect(takeAll(assembly, piecesOf({ ...HEAD, daemon: 'e' }, Buffer.alloc(5_000), 1_000))).toEqual([])
  expect(takeAll(assembly, piecesOf({ ...HEAD, daemon: 'a' }, Buffer.alloc(5_000), 1_000))).toHaveLength(1)
})
