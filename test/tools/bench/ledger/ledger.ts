import { Calendar } from '../../../../src/accounting/calendar.ts'
import { routerId, tenantId } from '../../../../src/accounting/ids.ts'
import type { Reading } from '../../../../src/accounting/reading.ts'
import type { Spreading } from '../../../../src/accounting/spread.ts'
import { inOneGo } from '../../../../src/accounting/steps.ts'
import { Rollup } from '../../../../src/live/rollup.ts'
import { RouterBook } from '../../../../src/recording/router-book.ts'
import { replyOf } from '../decode/replies.ts'
import type { Bench, Figure } from '../figure.ts'
import { cpuMs, median } from '../measure.ts'
import { sessionIds } from '../readings.ts'
import { ReplayedMenu } from './replayed-menu.ts'

const SIZES = [1_000, 10_000, 50_000] as const
const ROUNDS = 9
/** Sessions read for one figure, because CPU is counted in coarse steps. */
const SESSIONS_A_ROUND = 300_000

const LIMITS = { maxSessions: 1e6, newSessionsPerHour: 4e6 }
const TERMS = { plausibleBitsPerSecond: 10e9, stalledAfterMs: 900_000 }
const STORED = { position: 0, committedEpoch: 0, ledgers: new Map<never, never>() }
const SPREADING: Spreading = { bucketMs: 900_000, calendar: new Calendar('Africa/Nairobi') }

export const LEDGER: Bench = {
  name: 'ledger',
  about:
    'what a reading means for the open sessions, all of which have moved, against the decoding of its rows',
  async run(bench) {
    return SIZES.flatMap(sessions => {
      bench.say(`${sessions} sessions`)
      return applying(sessions)
    })
  },
}

/** Decide, pending data for the database, rollup, adopt, live numbers: everything except the journal. */
function applying(sessions: number): readonly Figure[] {
  const replies = Array.from({ length: 12 }, (_, round) => replyOf(sessions, round))
  const decodeUs: number[] = []
  const applyUs: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const cpu = { decodeMs: 0, applyMs: 0 }
    let applied = 0
    while (applied < SESSIONS_A_ROUND) applied += readAll(replies, sessions, cpu)
    decodeUs.push((cpu.decodeMs * 1_000) / applied)
    applyUs.push((cpu.applyMs * 1_000) / applied)
  }
  const us = median(applyUs)
  return [
    {
      ...{ name: 'ledger', metric: `${sessions} sessions, CPU a session`, value: us, unit: 'µs' },
      ...{ reference: 'decoding its row', ratio: us / median(decodeUs), goal: { atMost: 1 } },
    },
    { name: 'ledger', metric: `${sessions} sessions`, value: 1e6 / us, unit: 'sessions/s' },
  ]
}

/** Reads one connection; the first reading, with nothing known, is not counted. @returns the counted sessions */
function readAll(
  replies: readonly (readonly Buffer[])[],
  sessions: number,
  cpu: { decodeMs: number; applyMs: number },
): number {
  const menu = new ReplayedMenu()
  const about = {
    tenant: tenantId('bench'),
    router: routerId('hq'),
    name: undefined,
    terms: TERMS,
    limits: LIMITS,
  }
  const book = new RouterBook(about, STORED, new Rollup(), 1)
  const newId = sessionIds()
  const apply = (reading: Reading) => book.adopt(inOneGo(book.decide(reading, newId)), SPREADING)
  const [first = [], ...later] = replies
  apply(menu.read(first, 0))
  for (const [index, reply] of later.entries()) {
    const startedMs = cpuMs()
    const reading = menu.read(reply, index + 1)
    const decodedMs = cpuMs()
    apply(reading)
    cpu.decodeMs += decodedMs - startedMs
    cpu.applyMs += cpuMs() - decodedMs
  }
  return later.length * sessions
}
