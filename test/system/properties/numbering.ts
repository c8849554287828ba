import type { Reading, SessionReading } from '../../../src/accounting/reading.ts'

/**
 * Numbers a service's rows as a connection does: a row that differs from one of the previous reading only in its uptime
 * and its counters keeps its number and is known; the number of a row that went away is soon given to another row.
 */
export class Numbering {
  readonly #by = {}
  #numbers: ReadonlyMap<string, number> = new Map()
  /** Numbers of rows that were not in the previous reading. */
  #free: readonly number[] = []
  #next = 0

  number(reading: Reading): Reading {
    const before = this.#numbers
    const free = [...this.#free]
    const numbers = new Map<string, number>()
    const whole: SessionReading[] = []
    const known: SessionReading[] = []
    for (const row of reading.sessions) {
      const key = keyOf(row)
      // Twins are given in full each time, the second one with another number.
      const isTwin = numbers.has(key)
      const number = isTwin ? undefined : before.get(key)
      if (number !== undefined && row.counters) known.push(row)
      else whole.push(row)
      numbers.set(isTwin ? `${key} ${numbers.size}` : key, number ?? free.pop() ?? this.#next++)
    }
    const numberOf = (row: SessionReading) => numbers.get(keyOf(row)) ?? -1
    this.#numbers = numbers
    this.#free = [...free, ...[...before.values()].filter(number => ![...numbers.values()].includes(number))]
    return {
      ...reading,
      sessions: whole,
      numbered: {
        by: this.#by,
        numbers: whole.map(numberOf),
        answeredMs: answeredMsOf(reading),
        known: {
          numbers: Int32Array.from(known, numberOf),
          uptimeSeconds: Float64Array.from(known, row => row.uptimeSeconds),
          upload: Float64Array.from(known, row => row.counters?.upload ?? Number.NaN),
          download: Float64Array.from(known, row => row.counters?.download ?? Number.NaN),
          row: place => known[place] ?? missing(),
        },
      },
    }
  }
}

/** The time of the answer, at which every row's window ends. */
function answeredMsOf({ sessions, at }: Reading): number {
  const [row] = sessions
  return row ? row.login.latestMs + row.uptimeSeconds * 1000 : at.steadyMs
}

function keyOf({ uptimeSeconds: _, login: __, counters: ___, ...rest }: SessionReading): string {
  return JSON.stringify(rest)
}

function missing(): never {
  throw new RangeError('no such place')
}
