import type { Growth } from '../../../src/accounting/columns.ts'
import type { Decision, Entry } from '../../../src/accounting/entry.ts'
import type { SessionId } from '../../../src/accounting/ids.ts'
import { adopt, type Ledger, NEW_LEDGER, openSessions } from '../../../src/accounting/ledger.ts'
import type { PendingBuilder } from '../../../src/accounting/pending.ts'
import type { Service } from '../../../src/accounting/reading.ts'
import type { Session } from '../../../src/accounting/session.ts'
import type { Bucket } from '../../../src/accounting/spread.ts'

/** Since the reading before. */
const SPAN_MS = 5_000

/** What a reading of one service decides where sessions only come and grow, with no reading made for it. */
export class SteadyService {
  readonly #service: Service
  #ledger: Ledger = NEW_LEDGER

  constructor(service: Service) {
    this.#service = service
  }

  get sessionIds(): readonly SessionId[] {
    return openSessions(this.#ledger).map(({ id }) => id)
  }

  /** @param sessions with all their bytes in the bucket */
  logIn(builder: PendingBuilder, sessions: readonly Session[], bucket: Bucket, atMs: number): void {
    const span = { from: new Date(atMs - SPAN_MS), to: new Date(atMs) }
    const entries = sessions.map(
      (session): Entry => ({ kind: 'start', session, counted: { delta: session.recorded, ...span } }),
    )
    const first = this.#ledger.columns?.size ?? 0
    const numbered = {
      by: this,
      sessions: new Map(sessions.map((session, place) => [first + place, session])),
    }
    const shares = new Map(
      entries.map(entry => [
        entry,
        [{ bucketStartMs: bucket.startMs, day: bucket.day, ...entry.session.recorded }],
      ]),
    )
    const decision = { ...this.#decision(atMs), entries, numbered }
    builder.add(decision, shares)
    this.#ledger = adopt(this.#ledger, decision)
  }

  /** All of them move some bytes. */
  grow(builder: PendingBuilder, bucket: Bucket, atMs: number): void {
    const { columns } = this.#ledger
    if (!columns) return
    const numbers = Int32Array.from(columns.sessions.keys())
    const upload = Float64Array.from(numbers, number => 3_000 + number * 7)
    const download = Float64Array.from(numbers, number => 40_000 + ((number * 131) % 9_000))
    const total = { upload: 0n, download: 0n }
    const growth: Growth = {
      ...{ columns, numbers, upload, download, total },
      ...{ from: new Date(atMs - SPAN_MS), to: new Date(atMs) },
    }
    const decision = { ...this.#decision(atMs), entries: [], growth }
    builder.add(decision, new Map(), bucket)
    this.#ledger = adopt(this.#ledger, decision)
  }

  #decision(atMs: number): Omit<Decision, 'entries'> {
    return {
      service: this.#service,
      at: { wall: new Date(atMs), steadyMs: atMs },
      boot: { earliestMs: atMs - 86_400_000, latestMs: atMs - 86_399_000 },
      ...{ events: [], bindings: new Map() },
    }
  }
}
