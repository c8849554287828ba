import type { Growth } from '../../../../src/accounting/columns/columns.ts'
import type { Decision, Entry } from '../../../../src/accounting/entry.ts'
import type { SessionId } from '../../../../src/accounting/ids.ts'
import { adopt, type Ledger, NEW_LEDGER, openSessions } from '../../../../src/accounting/ledger.ts'
import type { Session } from '../../../../src/accounting/session.ts'
import { NOTHING_DECIDED } from '../../../accounting/readings.ts'
import type { SimulatedService } from '../../../harness/services.ts'

/** Time since the previous reading. */
const SPAN_MS = 5_000

/** Decisions of one service whose sessions only begin and grow. They are made without readings. */
export class SteadyService {
  readonly #service: SimulatedService
  #ledger: Ledger = NEW_LEDGER

  constructor(service: SimulatedService) {
    this.#service = service
  }

  get sessionIds(): readonly SessionId[] {
    return openSessions(this.#ledger).map(({ id }) => id)
  }

  /** New sessions with all their bytes. */
  logins(sessions: readonly Session[], atMs: number): Decision {
    const span = { from: new Date(atMs - SPAN_MS), to: new Date(atMs) }
    const entries = sessions.map(
      (session): Entry => ({ kind: 'start', session, counted: [{ delta: session.recorded, ...span }] }),
    )
    const first = this.#ledger.columns?.size ?? 0
    const numbers = new Map(sessions.map((session, place) => [first + place, session]))
    return { ...this.#decision(atMs), entries, numbered: { by: this, sessions: numbers } }
  }

  /** Each session moves up to 200 kB up and 4 MB down. */
  growth(atMs: number): Decision {
    const { columns } = this.#ledger
    if (!columns) return { ...this.#decision(atMs), entries: [] }
    const numbers = Int32Array.from(columns.details.keys())
    const growth: Growth = {
      ...{ columns, numbers, total: { upload: 0n, download: 0n } },
      upload: Float64Array.from(numbers, number => 1 + (scattered(number, atMs) % 200_000)),
      download: Float64Array.from(numbers, number => 1 + (scattered(number, atMs) % 4_000_000)),
      ...{ from: new Date(atMs - SPAN_MS), to: new Date(atMs) },
    }
    return { ...this.#decision(atMs), entries: [], growth }
  }

  adopt(decision: Decision): void {
    this.#ledger = adopt(this.#ledger, decision)
  }

  #decision(atMs: number): Omit<Decision, 'entries'> {
    return {
      service: this.#service,
      at: { wall: new Date(atMs), steadyMs: atMs },
      boot: { earliestMs: atMs - 86_400_000, latestMs: atMs - 86_399_000 },
      ...NOTHING_DECIDED,
    }
  }
}

/** Looks random, and is the same in every run. */
function scattered(number: number, atMs: number): number {
  return Math.imul(number + 1, Math.imul(atMs | 1, 2_654_435_761)) >>> 0
}
