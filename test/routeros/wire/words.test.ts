import { expect, test } from 'vitest'
import {
  encodeLength,
  encodeSentence,
  encodeWord,
  MalformedStream,
  SentenceDecoder,
} from '../../../src/routeros/wire/words.ts'
import { seededRandom, wholeBelow } from '../../harness/fleet/random.ts'

const BORDERS = [
  [0, '00'],
  [1, '01'],
  [0x7f, '7f'],
  [0x80, '8080'],
  [0x3fff, 'bfff'],
  [0x4000, 'c04000'],
  [0x1fffff, 'dfffff'],
  [0x200000, 'e0200000'],
  [0xfffffff, 'efffffff'],
  [0x10000000, 'f010000000'],
  [0xffffffff, 'f0ffffffff'],
] as const

for (const [length, hex] of BORDERS)
  test(`a length of ${length} is ${hex}`, () => {
    expect(encodeLength(length).toString('hex')).toBe(hex)
  })

test('no word has 2^32 bytes', () => {
  expect(() => encodeLength(2 ** 32)).toThrow(RangeError)
})

for (const [length, hex] of BORDERS.slice(1))
  test(`a length of ${length} is read as it is written`, () => {
    const limit = length < 0x400000 ? length : length - 1
    const decode = () => decoded([Buffer.from(hex, 'hex'), Buffer.alloc(Math.min(length, 0x400000))], limit)
    if (limit < length) expect(decode).toThrow(`a word of ${length} bytes`)
    else expect(decode().unfinished).toBe(true)
  })

test('words of every form come out as they went in', () => {
  const words = [1, 0x7f, 0x80, 0x3fff, 0x4000, 0x1fffff, 0x200000].map(size =>
    Buffer.alloc(size, size & 0xff),
  )
  const [sentence = []] = decoded([encodeSentence(words)], 0x200000).sentences
  expect(sentence.map(word => word.length)).toEqual(words.map(word => word.length))
  expect(sentence.every((word, i) => word.equals(words[i] ?? Buffer.alloc(0)))).toBe(true)
})

const SENTENCES = [
  ['!re', '.tag=1', '=name=ann', `=comment=${'x'.repeat(200)}`],
  ['!re'],
  ['!re', '=name=', '=.id=*1'],
  ['!done', '.tag=1', `=ret=${'y'.repeat(0x4001)}`],
  ['!fatal', 'not logged in'],
]
const STREAM = Buffer.concat(SENTENCES.map(words => encodeSentence(words.map(word => Buffer.from(word)))))

test('a stream may be split after any of its bytes', () => {
  const interesting = [
    ...Array(300).keys(),
    ...Array.from({ length: 300 }, (_, i) => STREAM.length - 300 + i),
  ]
  for (const at of interesting)
    expect(textsOf([STREAM.subarray(0, at), STREAM.subarray(at)])).toEqual(SENTENCES)
})

test('a stream may come byte by byte', () => {
  expect(textsOf(Array.from(STREAM, byte => Buffer.of(byte)))).toEqual(SENTENCES)
})

test('a stream may come in any chunks', () => {
  const random = seededRandom(1)
  for (let round = 0; round < 300; round++) {
    const chunks: Buffer[] = []
    const most = 1 + wholeBelow(random, 64) ** 2
    for (let at = 0; at < STREAM.length; ) {
      const end = at + 1 + wholeBelow(random, most)
      chunks.push(STREAM.subarray(at, end))
      at = end
    }
    expect(textsOf(chunks)).toEqual(SENTENCES)
  }
})

test('a sentence is passed on before the next one is complete', () => {
  expect(textsOf([STREAM.subarray(0, STREAM.length - 1)])).toEqual(SENTENCES.slice(0, -1))
})

test('an empty sentence is ignored', () => {
  const ping = encodeSentence([Buffer.from('!re')])
  expect(textsOf([Buffer.of(0, 0), ping, Buffer.of(0), ping, Buffer.of(0, 0, 0)])).toEqual([['!re'], ['!re']])
})

for (const first of [0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff])
  test(`no word begins with the reserved byte ${first.toString(16)}`, () => {
    expect(() => decoded([STREAM, Buffer.of(first)], 65_536)).toThrow(MalformedStream)
  })

test('a word that is too long is not waited for', () => {
  const word = encodeWord(Buffer.alloc(101))
  expect(() => decoded([word.subarray(0, 1)], 100)).toThrow('a word of 101 bytes')
  expect(decoded([encodeWord(Buffer.alloc(100))], 100).unfinished).toBe(true)
})

test('a stream that is cut while a sentence is passed on does not change the rest of its chunk', () => {
  const sentence = (...words: readonly string[]) => encodeSentence(words.map(word => Buffer.from(word)))
  const seen: string[] = []
  const decoder = new SentenceDecoder({
    maxWordBytes: 100,
    onSentence: words => {
      decoded([sentence('!re', '=another=one', '=that=is longer than all of these')], 100)
      seen.push(words.join(' '))
    },
  })
  decoder.push(Buffer.concat([sentence('!re', '=a=1'), sentence('!re', '=b=2'), sentence('!done')]))
  expect(seen).toEqual(['!re =a=1', '!re =b=2', '!done'])
})

test('a sentence without an end is not collected', () => {
  const word = encodeWord(Buffer.from('=a=b'))
  const push = (maxWordBytes: number) => {
    const decoder = new SentenceDecoder({ maxWordBytes, onSentence: () => {} })
    for (let i = 0; i < 10_000; i++) decoder.push(word)
  }
  expect(() => push(65_536)).toThrow('a sentence of more than 1024 words')
  expect(() => push(100)).toThrow('a sentence of at least 404 bytes')
})

function decoded(chunks: readonly Buffer[], maxWordBytes: number) {
  const sentences: (readonly Buffer[])[] = []
  const decoder = new SentenceDecoder({
    maxWordBytes,
    onSentence: words => sentences.push(words.map(word => Buffer.from(word))),
  })
  for (const chunk of chunks) decoder.push(chunk)
  return { sentences, unfinished: sentences.length === 0 }
}

function textsOf(chunks: readonly Buffer[]): string[][] {
  return decoded(chunks, 65_536).sentences.map(words => words.map(word => word.toString()))
}
