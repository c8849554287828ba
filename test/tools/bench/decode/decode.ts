import type { Bench, Figure } from '../figure.ts'
import { cpuMs, inTurn, median } from '../measure.ts'
import { longestBlock } from './block.ts'
import { replyOf } from './replies.ts'
import { byTheLibrary, framingOnly, minimal, ours, oursAtFirst, type Way } from './ways.ts'

const SIZES = [1_000, 10_000, 50_000] as const
const ROUNDS = 7
/** Number of rows decoded for one figure. */
const ROWS_A_ROUND = 50_000

const REFERENCES: readonly { readonly name: string; readonly way: Way }[] = [
  { name: 'node-routeros', way: byTheLibrary },
  { name: 'a minimal decoder', way: minimal },
  { name: 'framing only', way: framingOnly },
]

export const DECODE: Bench = {
  name: 'decode',
  about: 'rows of a menu that is printed again and again, against other decoders, from the same bytes',
  async run(bench) {
    const figures: Figure[] = []
    for (const rows of SIZES) {
      bench.say(`${rows} rows`)
      figures.push(...(await decodings(rows)))
    }
    const ms = await longestBlock(50_000)
    figures.push({
      ...{ name: 'decode', metric: 'longest block, 50,000 rows over a socket', value: ms, unit: 'ms' },
      goal: { atMost: 15 },
    })
    return figures
  },
}

async function decodings(rows: number): Promise<readonly Figure[]> {
  const replies = [0, 1, 2].map(round => replyOf(rows, round))
  const [first = [], ...later] = replies
  const again = ours(first)
  const ways = [{ name: 'ours', way: again }, { name: 'ours at first', way: oursAtFirst }, ...REFERENCES]
  const cpu = new Map<string, number[]>()
  const measured = await inTurn(
    ROUNDS,
    new Map(
      ways.map(({ name, way }) => [
        name,
        () => {
          const { ms, cpuUs } = timed(way, later, rows)
          cpu.set(name, [...(cpu.get(name) ?? []), cpuUs])
          return (ROWS_A_ROUND / ms) * 1_000
        },
      ]),
    ),
  )
  const rate = (name: string) => median(measured.get(name) ?? [])
  const figure = (ratioTo: string, goal: Figure['goal']): Figure => ({
    ...{ name: 'decode', metric: `${rows} rows`, value: rate('ours'), unit: 'rows/s' },
    ...{ reference: ratioTo, ratio: rate('ours') / rate(ratioTo) },
    ...(goal ? { goal } : {}),
  })
  return [
    figure('node-routeros', rows <= 10_000 ? { atLeast: 5 } : undefined),
    figure('a minimal decoder', { atLeast: 0.9 }),
    figure('framing only', undefined),
    {
      ...{
        name: 'decode',
        metric: `${rows} rows, CPU a row`,
        value: median(cpu.get('ours') ?? []),
        unit: 'µs',
      },
    },
    {
      ...{
        name: 'decode',
        metric: `${rows} rows, the first time`,
        value: rate('ours at first'),
        unit: 'rows/s',
      },
      ...{ reference: 'a minimal decoder', ratio: rate('ours at first') / rate('a minimal decoder') },
    },
  ]
}

function timed(way: Way, replies: readonly (readonly Buffer[])[], rows: number) {
  const startedMs = performance.now()
  const startedCpuMs = cpuMs()
  let left = ROWS_A_ROUND
  for (let round = 0; left > 0; round++) {
    const decoded = way(replies[round % replies.length] ?? [])
    // node-routeros keeps the last row back.
    if (decoded < rows - 1) throw new Error(`decoded ${decoded} of ${rows} rows`)
    left -= rows
  }
  return { ms: performance.now() - startedMs, cpuUs: ((cpuMs() - startedCpuMs) * 1_000) / ROWS_A_ROUND }
}
