import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDuration } from '../../../src/routeros/menus/duration.ts'
import { type ParsedRow, RowMemory } from '../../../src/routeros/rows/row-memory.ts'
import { parseSentence, type Row } from '../../../src/routeros/wire/sentence.ts'
import { encodeSentence, SentenceDecoder } from '../../../src/routeros/wire/words.ts'
import { expected } from '../../harness/random-runs.ts'
import { character } from '../../random-text.ts'
import { parametersOf, SEEDS } from './numbers.ts'

const MOVING = ['uptime', 'bytes-in', 'bytes-out'] as const

/** Uptimes as routers write them, and as they should not. */
const uptimes = fc.oneof(
  { weight: 8, arbitrary: fc.nat(2_000_000).map(seconds => `${Math.floor(seconds / 60)}m${seconds % 60}s`) },
  fc.constantFrom(
    '0s',
    '1w2d3h4m5s',
    '01:22:53',
    '500ms',
    '1d02:03:04',
    '',
    'never',
    '5',
    '1s2',
    '9999999999s',
  ),
)
const counts = fc.oneof(
  { weight: 8, arbitrary: fc.nat().map(String) },
  fc.constantFrom('0', '007', '', '-1', '1e3', '999999999999999', '9007199254740993', '18446744073709551615'),
)

/** A row in which only the moving words change. */
const subscribers = fc.record({
  id: fc.nat(6),
  user: fc.oneof(
    fc.constantFrom('ann', 'bob', '=uptime=1s', ''),
    fc.string({ unit: character, maxLength: 6 }),
  ),
  /** The moving words that it has, in their order. */
  layout: fc.constantFrom('uio', 'uio', 'uio', 'oiu', 'ui', '', 'uuio'),
  comment: fc.boolean(),
})

const replies = fc.array(
  fc.array(fc.record({ who: fc.nat(11), uptime: uptimes, upload: counts, download: counts }), {
    maxLength: 14,
  }),
  { minLength: 1, maxLength: 6 },
)

type Subscriber = typeof subscribers extends fc.Arbitrary<infer T> ? T : never
type Values = { readonly uptime: string; readonly upload: string; readonly download: string }

function wordsOf(subscriber: Subscriber, values: Values): readonly Buffer[] {
  const { id, user, layout, comment } = subscriber
  const moving = {
    u: `=uptime=${values.uptime}`,
    i: `=bytes-in=${values.upload}`,
    o: `=bytes-out=${values.download}`,
  }
  const words = ['!re', `=.id=*${id}`, `=user=${user}`]
  for (const word of layout) if (word === 'u' || word === 'i' || word === 'o') words.push(moving[word])
  if (comment) words.push('=comment=what a day')
  return [...words, '.tag=1'].map(word => Buffer.from(word))
}

/** A row's words, with moving values compared by their meaning. */
function meaning(row: Row): string {
  const words = Array.from(row, ([name, value]) => [
    name,
    name === 'uptime'
      ? (parseDuration(value) ?? value)
      : /^0*\d{1,15}$/.test(value) && name !== 'user'
        ? String(Number(value))
        : value,
  ])
  return JSON.stringify(words.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)))
}

/** The words of a row that do not move, to the byte. */
function identity(row: Row): string {
  return JSON.stringify([...row].filter(([name]) => !MOVING.some(moving => moving === name)).sort())
}

class Printed {
  readonly memory = new RowMemory(MOVING, 1e9)
  readonly #decoder: SentenceDecoder
  general = 0
  /** The whole rows of the last reply. */
  wholes: readonly ParsedRow[] = []

  constructor() {
    this.#decoder = new SentenceDecoder({
      maxWordBytes: 1_024,
      onSentence: words => {
        this.general++
        const { reply, row } = parseSentence(words)
        if (reply === '!re') this.memory.add(words, row)
      },
    })
    this.#decoder.known = this.memory
  }

  /** @returns each row with its number */
  print(rows: readonly (readonly Buffer[])[], cuts: readonly number[]): readonly (readonly [number, Row])[] {
    this.memory.begin()
    const bytes = Buffer.concat([
      ...rows.map(encodeSentence),
      encodeSentence([Buffer.from('!done'), Buffer.from('.tag=1')]),
    ])
    const at = [0, ...cuts.map(cut => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
    for (let part = 1; part < at.length; part++) this.#decoder.push(bytes.subarray(at[part - 1], at[part]))
    this.memory.end()
    const known = Array.from(this.memory.numbers, (number, place) => [number, this.#known(place)] as const)
    this.wholes = this.memory.takeParsed()
    return [...this.wholes.map(({ number, row }) => [number, row] as const), ...known]
  }

  #known(place: number): Row {
    const { memory } = this
    const moving = MOVING.map((name, index): [string, string] => {
      const value = String(memory.values(index)[place])
      return [name, name === 'uptime' ? `${value}s` : value]
    })
    return new Map([...memory.rowAt(place), ...moving])
  }
}

describe.each(SEEDS.slice(0, 1))('seed %i', seed => {
  it('a reply is read the same whichever of its rows are known, and however it is cut', {
    timeout: 60_000,
  }, () => {
    let known = 0
    const property = fc.property(
      fc.array(subscribers, { minLength: 12, maxLength: 12 }),
      replies,
      fc.array(fc.nat(4_000), { maxLength: 5 }),
      (all, said, cuts) => {
        const printed = new Printed()
        let before = new Map<number, string>()
        for (const reply of said) {
          const rows = reply.flatMap(({ who, ...values }) => {
            const subscriber = all[who]
            return subscriber ? [wordsOf(subscriber, values)] : []
          })
          const read = printed.print(rows, cuts)
          const truth = rows.map(words => meaning(parseSentence(words).row)).sort()
          expect(read.map(([, row]) => meaning(row)).sort()).toEqual(truth)
          const now = new Map(read.map(([number, row]) => [number, identity(row)]))
          expect(now.size, 'each row has a different number').toBe(read.length)
          for (const { number, isNew } of printed.wholes) if (isNew) before.delete(number)
          for (const [number, row] of now) expect(before.get(number) ?? row).toBe(row)
          known += printed.memory.numbers.length
          before = now
        }
      },
    )
    fc.assert(property, parametersOf(seed, expected(500, 2_000)))
    expect(known).toBeGreaterThan(expected(500, 2_000))
  })
})

it('in the steady state no row is cut into words', () => {
  const printed = new Printed()
  const rows = (upload: string) =>
    Array.from({ length: 100 }, (_, id) =>
      wordsOf(
        { id, user: `user-${id}`, layout: 'uio', comment: false },
        { uptime: '1h', upload, download: '7' },
      ),
    )
  printed.print(rows('1'), [])
  printed.general = 0
  expect(printed.print(rows('1000'), [700, 1_300])).toHaveLength(100)
  // The only general sentence is `!done`.
  expect(printed.general).toBe(1)
  expect(printed.wholes).toEqual([])
})

it('rows that come and go cost the others nothing', () => {
  const printed = new Printed()
  const row = (id: number) =>
    wordsOf(
      { id, user: `user-${id}`, layout: 'uio', comment: false },
      { uptime: '1h', upload: '1', download: '7' },
    )
  const ids = Array.from({ length: 100 }, (_, id) => id)
  printed.print(ids.map(row), [])
  const without = ids.filter(id => ![10, 11, 50].includes(id))
  printed.print([...without, 200].map(row), [])
  expect(printed.wholes).toMatchObject([{ number: 100, isNew: true }])
  printed.print([300, ...without.toReversed(), 200].map(row), [])
  expect(printed.wholes.filter(({ isNew }) => isNew)).toHaveLength(1)
})
