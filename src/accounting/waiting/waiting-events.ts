import { addBytes, type Bytes, isNothing } from '../bytes.ts'
import type { LedgerEvent } from '../entry.ts'

/** Events of one session are added up only within it: so they are of one bucket and of one day in every timezone. */
const SPAN_MS = 60_000
/** For what is not about a session. */
const LEAST_EVENTS = 1_000

/** How many events a router may have waiting one by one: one for each session that it may have, and some of its own. */
export function mostEventsOf(maxSessions: number): number {
  return LEAST_EVENTS + maxSessions
}

/**
 * The events of one router that wait for the database. Beyond the most that are kept one by one
 *
 *     with bytes      of the same kind, session and minute become one with the sum of their bytes, which can be
 *                     accepted as before; `events` tells how many they are
 *     without bytes   are counted in one event of kind `joined`, which tells how many there are of each kind
 */
export class WaitingEvents {
  readonly #most: number
  readonly #events: LedgerEvent[] = []
  #oneByOne = 0
  #joined = 0
  /** Where those are that more can be added to, by kind, session and minute. */
  readonly #sums = new Map<string, number>()
  #rest: { readonly place: number; readonly kinds: Map<LedgerEvent['kind'], number> } | undefined

  /** @param most that are kept one by one */
  constructor(most: number) {
    this.#most = most
  }

  /** As they are now: what is added later shows in it. */
  get all(): readonly LedgerEvent[] {
    return this.#events
  }

  /** How many events were added to others. */
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

  /** Takes what an earlier process kept, all of it as it is. */
  addAll(events: readonly LedgerEvent[]): void {
    for (const event of events) this.#events.push(event)
    this.#oneByOne += events.length
  }

  #addBytes(event: LedgerEvent, bytes: Bytes): void {
    const key = `${event.kind} ${String(event.detail['session_id'])} ${Math.floor(event.at.getTime() / SPAN_MS)}`
    const place = this.#sums.get(key)
    const older = place === undefined ? undefined : this.#events[place]
    const sum = older && addBytes(bytesOf(older) ?? bytes, bytes)
    if (place === undefined || !older || !sum || !isExact(sum)) {
      this.#sums.set(key, this.#events.length)
      this.#events.push(event)
      return
    }
    const { events } = older.detail
    const times = typeof events === 'number' ? events + 1 : 2
    this.#events[place] = { ...event, detail: { ...event.detail, ...sum, events: times } }
    this.#joined++
  }

  #addToRest({ kind, at }: LedgerEvent): void {
    this.#rest ??= { place: this.#events.length, kinds: new Map() }
    const { place, kinds } = this.#rest
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    const events = [...kinds.values()].reduce((sum, count) => sum + count, 0)
    this.#events[place] = { kind: 'joined', at, detail: { events, ...Object.fromEntries(kinds) } }
    this.#joined++
  }
}

/** @returns `undefined` where the event tells of no bytes */
function bytesOf({ detail: { upload, download } }: LedgerEvent): Bytes | undefined {
  if (typeof upload !== 'number' || typeof download !== 'number') return undefined
  return isNothing({ upload, download }) ? undefined : { upload, download }
}

function isExact({ upload, download }: Bytes): boolean {
  return Number.isSafeInteger(upload) && Number.isSafeInteger(download)
}
