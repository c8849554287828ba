import { type Comparison, differenceOf } from '../../system/daemon/compare.ts'
import { differentSums } from '../bench/fleet/truth.ts'
import { numberText } from '../bench/table.ts'
import type { Sample } from './sample.ts'
import type { Slope } from './slopes.ts'

const MEGABYTE = 1_000_000
/** Values that must be reported in the end. */
const EXPECTED = ['RSS', 'heap in use', 'beside the heap', 'open files', 'active handles']

/** The results of a soak, for a terminal. */
export function tableOf(slopes: readonly Slope[], comparison: Comparison): string {
  const { carried, recorded } = comparison
  return [
    ...slopes.map(slopeLine),
    ...EXPECTED.filter(name => !slopes.some(({ held }) => held === name)).map(
      name => `left out: ${name}: not reported by the daemon, or too rarely`,
    ),
    '',
    `bytes whole replies carried  up ${carried.upload}  down ${carried.download}`,
    `bytes recorded               up ${recorded.upload}  down ${recorded.download}`,
    `difference                   ${differenceOf(comparison)} bytes, of ${comparison.subscribers} subscribers`,
    `all four tables              ${differentSums(comparison) === 0 ? 'equal' : 'NOT EQUAL'}`,
  ].join('\n')
}

/** The current resources while it runs. */
export function sampleLine({ seconds, residentBytes, files }: Sample): string {
  const up = `${Math.round(seconds)} s`
  return `${up.padStart(7)}  RSS ${textOf('bytes', residentBytes)}  open files ${files}`
}

function slopeLine({ held, unit, middle, scatter, perHour, growth, bound, isFlat }: Slope): string {
  const text = (value: number) => textOf(unit, value)
  return [
    held.padEnd(16),
    `slope ${text(perHour)} an hour`.padEnd(28),
    `grew ${text(growth)}, bound ${text(bound)}`.padEnd(36),
    `around ${text(middle)} ± ${text(scatter)}`.padEnd(28),
    isFlat ? 'flat' : 'NOT FLAT',
  ].join('  ')
}

function textOf(unit: Slope['unit'], value: number): string {
  return unit === 'bytes' ? `${numberText(value / MEGABYTE)} MB` : numberText(value)
}
