import { addBytes, NO_BYTES } from '../../src/accounting/bytes.ts'
import { decide } from '../../src/accounting/decide.ts'
import type { Decision, Entry } from '../../src/accounting/entry.ts'
import { type RouterKey, routerId, routerKey, sessionId, tenantId } from '../../src/accounting/ids.ts'
import { adopt, type Ledger, NEW_LEDGER } from '../../src/accounting/ledger.ts'
import type { SessionReading } from '../../src/accounting/reading.ts'
import type { Share } from '../../src/accounting/spread.ts'
import { ofService, PLAIN_READING, PLAIN_ROW, TERMS } from '../accounting/readings.ts'
import type { Random } from './random.ts'

const START_MS = Date.UTC(2026, 10, 24, 9)
const QUARTER_HOUR_MS = 900_000

interface Line {
  upload: number
  download: number
  loginSecond: number
}

/** The PPP sessions of a router. All move megabytes between two readings; some end, and others begin. */
export class BusyRouter {
  readonly key: RouterKey
  readonly #random: Random
  readonly #churn: number
  readonly #lines: Line[]
  #ledger: Ledger = NEW_LEDGER
  #second = 0

  /** @param churn the part of the sessions that others replace by the next reading */
  constructor(options: { name: string; sessions: number; churn: number; random: Random }) {
    this.key = routerKey(tenantId('wisp'), routerId(options.name))
    this.#random = options.random
    this.#churn = options.churn
    this.#lines = Array.from({ length: options.sessions }, () => ({ ...NO_BYTES, loginSecond: -600 }))
  }

  /** The reading after `seconds` more. */
  next(seconds: number): Decision {
    this.#second += seconds
    const steadyMs = START_MS + this.#second * 1000 + this.#random.next() * 50
    const sessions = this.#lines.map((line, number) => this.#row(line, number))
    const boot = { earliestMs: START_MS - 1e9, latestMs: START_MS - 1e9 + 1000 }
    const at = { wall: new Date(Math.floor(steadyMs)), steadyMs }
    const reading = { ...PLAIN_READING, ...ofService('ppp'), at, boot, sessions } as const
    const decision = decide(this.#ledger, reading, TERMS, () => sessionId(this.#uuid()))
    this.#ledger = adopt(this.#ledger, decision)
    return decision
  }

  #row(line: Line, number: number): SessionReading {
    if (this.#random.chance(this.#churn)) Object.assign(line, NO_BYTES, { loginSecond: this.#second - 1 })
    line.upload += this.#random.below(200_000)
    line.download += this.#random.below(4_000_000)
    const loginMs = START_MS + line.loginSecond * 1000
    return {
      ...{ ...PLAIN_ROW, protocol: 'pppoe', username: `subscriber-${number}`, server: undefined },
      macAddress: undefined,
      ipAddress: `10.0.${number >> 8}.${number & 255}`,
      routerSessionId: `0x81${number}${line.loginSecond}`,
      callerId: '34:12:F9:8A:21:4C',
      uptimeSeconds: this.#second - line.loginSecond,
      login: { earliestMs: loginMs - 1000, latestMs: loginMs },
      counters: { upload: line.upload, download: line.download },
    }
  }

  #uuid(): string {
    const part = () =>
      this.#random
        .below(2 ** 16)
        .toString(16)
        .padStart(4, '0')
    return `${part()}${part()}-${part()}-7${part().slice(1)}-${part()}-${part()}${part()}${part()}`
  }
}

/** All bytes of an entry in the bucket in which its span ended. */
export function sharesOf(decision: Decision): ReadonlyMap<Entry, readonly Share[]> {
  const bucketStartMs = Math.floor(decision.at.wall.getTime() / QUARTER_HOUR_MS) * QUARTER_HOUR_MS
  const shares = new Map<Entry, readonly Share[]>()
  for (const entry of decision.entries)
    if (entry.kind !== 'stop' && entry.counted.length > 0)
      shares.set(
        entry,
        entry.counted.map(({ delta }) => ({ bucketStartMs, day: '2026-11-24', ...delta })),
      )
  return shares
}

/** The bytes that a decision counted, in both directions. */
export function bytesOf(decision: Decision): number {
  let bytes = NO_BYTES
  for (const entry of decision.entries)
    if (entry.kind !== 'stop') for (const { delta } of entry.counted) bytes = addBytes(bytes, delta)
  return bytes.upload + bytes.download
}
