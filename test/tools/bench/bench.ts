import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { BENCHES } from './benches.ts'
import { type Figure, isMet } from './figure.ts'
import { type LeftOut, tableOf } from './table.ts'

/**
 * `npm run bench [-- NAME…] [--json FILE]`: measures what the daemon costs on this machine, each figure with its
 * reference from the same run. Machines are shared and noisy: compare figures of one run only. A missed goal is printed
 * and is not a failure; numbers that are wrong are.
 */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { json: { type: 'string' } },
    allowPositionals: true,
  })
  const unknown = positionals.filter(name => !BENCHES.some(bench => bench.name === name))
  if (unknown.length > 0) {
    console.error(`error: no bench ${unknown.join(', ')}; there are:`)
    for (const { name, about } of BENCHES) console.error(`  ${name.padEnd(12)} ${about}`)
    return 2
  }
  const chosen = BENCHES.filter(({ name, isLong }) =>
    positionals.length > 0 ? positionals.includes(name) : !isLong,
  )
  const figures: Figure[] = []
  const leftOut: LeftOut[] = []
  const failures: string[] = []
  for (const bench of chosen) {
    console.log(`${bench.name}: ${bench.about}`)
    const run = {
      say: (line: string) => console.log(`  ${line}`),
      leaveOut: (what: string, why: string) => leftOut.push({ what, why }),
      fail: (what: string) => failures.push(`${bench.name}: ${what}`),
    }
    figures.push(...(await bench.run(run)))
  }
  if (positionals.length === 0)
    for (const { name, isLong } of BENCHES)
      if (isLong) leftOut.push({ what: name, why: 'takes long; name it' })
  console.log(`\n${tableOf(figures, leftOut)}`)
  if (values.json !== undefined)
    await writeFile(
      values.json,
      `${JSON.stringify(
        figures.map(figure => ({ ...figure, met: isMet(figure) })),
        undefined,
        2,
      )}\n`,
    )
  for (const failure of failures) console.log(`FAILED: ${failure}`)
  return failures.length === 0 ? 0 : 1
}

process.exitCode = await main()
