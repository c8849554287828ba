import { addBytes, type Bytes, isNothing } from '../bytes.ts'
import type { LedgerEvent } from '../entry.ts'

/** Events of one session are added up within one minute only, so they are in one bucket and one day in all timezones. */
const SPAN_MS = 60_000
/** Room for events that are not about a session. */
const LEAST_EVENTS = 1_000

/** The most events of a router that wait one by one: one for each session that it may have, and some more. */
export function mostEventsOf(maxSessions: number): number {
  return LEAST_EVENTS + maxSessions
}

/**
 * The events of one router that wait for the database. Events beyond the limit are merged (docs/accounting.md rule 34):
 *
 *     with bytes      those of one kind, session and minute become one event with the sum of their bytes, which can be
 *                     accepted as before; `events` is their number
 *     without bytes   they are counted in one event of kind `joined`, with their number by kind
 */
export class WaitingEvents {
  readonly #most: number
  readonly #events: LedgerEvent[] = []
  #oneByOne = 0
  #joined = 0
  /** Indices of events that more bytes can be added to, by kind, session and minute. */
  readonly #sums = new Map<string, number>()
  /** The index of the event `joined`, and its numbers by kind. */
  #rest: { readonly index: number; readonly kinds: Map<LedgerEvent['kind'], number> } | undefined

  /** @param most number of events that are kept one by one */
  constructor(most: number) {
    this.#most = most
  }

  /** The events that wait. Later additions change the returned array. */
  get all(): readonly LedgerEvent[] {
    return this.#events
  }

  /** Number of events that were merged into others. */
  get joined(): number {
    return this.#joined
  }

  add(event: LedgerEvent): void {
    if (this.#oneByOne < this.#most) {
      this.#oneByOne++
      this.#events.push(event)
      return
    }
    const bytes = bytesOf(event)
    if (bytes) this.#addBytes(event, bytes)
    else this.#addToRest(event)
  }

  /** Adds the events that an earlier process kept, without merging. */
  addAll(events: readonly LedgerEvent[]): void {
    for (const event of events) this.#events.push(event)
    this.#oneByOne += events.length
  }

  #addBytes(event: LedgerEvent, bytes: Bytes): void {
    const key = `${event.kind} ${String(event.detail['session_id'])} ${Math.floor(event.at.getTime() / SPAN_MS)}`
    const index = this.#sums.get(key)
    const older = index === undefined ? undefined : this.#events[index]
    const sum = older && addBytes(bytesOf(older) ?? bytes, bytes)
    if (index === undefined || !older || !sum || !isExact(sum)) {
      this.#sums.set(key, this.#events.length)
      this.#events.push(event)
      return
    }
    const { events } = older.detail
    const times = typeof events === 'number' ? events + 1 : 2
    this.#events[index] = { ...event, detail: { ...event.detail, ...sum, events: times } }
    this.#joined++
  }

  #addToRest({ kind, at }: LedgerEvent): void {
    this.#rest ??= { index: this.#events.length, kinds: new Map() }
    const { index, kinds } = this.#rest
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    const events = [...kinds.values()].reduce((sum, count) => sum + count, 0)
    this.#events[index] = { kind: 'joined', at, detail: { events, ...Object.fromEntries(kinds) } }
    this.#joined++
  }
}

/** @returns `undefined` if the event has no bytes */
function bytesOf({ detail: { upload, download } }: LedgerEvent): Bytes | undefined {
  if (typeof upload !== 'number' || typeof download !== 'number') return undefined
  return isNothing({ upload, download }) ? undefined : { upload, download }
}

function isExact({ upload, download }: Bytes): boolean {
  return Number.isSafeInteger(upload) && Number.isSafeInteger(download)
}
