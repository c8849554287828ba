import { addBytes, type Bytes, isNothing, NO_BYTES } from '../../src/accounting/bytes.ts'
import type { Counted, Decision, Entry, LedgerEvent } from '../../src/accounting/entry.ts'
import { sessionId } from '../../src/accounting/ids.ts'
import { type Moment, SERVICES, type Service, type Window } from '../../src/accounting/reading.ts'
import type { Mark, Session } from '../../src/accounting/session.ts'
import type { Random } from './random.ts'

const ODD_STRINGS = [
  'ann',
  'josé',
  '😀 zoë',
  'nul\0inside',
  'unpaired \ud83d',
  '\ude00 unpaired',
  '\ufeffmarked',
  '',
  '<pppoe-ann>',
  'x'.repeat(300),
]
const ODD_BYTES = [0, 1, 127, 128, 2 ** 31, 2 ** 32 + 7, 2 ** 51 - 1]
const START_MS = Date.UTC(2026, 10, 24, 9)

/** A router whose decisions are all that decisions can be, mostly sessions that grew. */
export class RandomRouter {
  readonly #random: Random
  readonly #open = new Map<Service, Session[]>()
  readonly #bindings = new Map<string, Bytes>()
  #seconds = 0
  #sessions = 0

  constructor(random: Random) {
    this.#random = random
  }

  next(): Decision {
    const random = this.#random
    const service = random.pick(SERVICES)
    this.#seconds += random.below(10)
    const at = this.#moment()
    const since = new Date(at.wall.getTime() - 5000)
    const entries: Entry[] = []
    const open = this.#open.get(service) ?? []
    const left: Session[] = []
    for (const session of open) {
      const entry = this.#change(session, at, since)
      if (entry) entries.push(entry)
      if (entry?.kind !== 'stop') left.push(entry?.session ?? session)
    }
    for (let starts = random.below(3); starts > 0 && left.length < 12; starts--) {
      const entry = this.#start(service, at)
      entries.push(entry)
      left.push(entry.session)
    }
    this.#open.set(service, left)
    return { service, at, boot: this.#window(), entries, events: this.#events(at), bindings: this.#moved() }
  }

  #change(session: Session, at: Moment, since: Date): Entry | undefined {
    const random = this.#random
    if (random.chance(0.1)) return undefined
    if (random.chance(0.05)) {
      const reason = random.pick(['logout', 'reboot'] as const)
      return { kind: 'stop', session: this.#oddly(session), lastSeenAt: since, endTime: at.wall, reason }
    }
    if (random.chance(0.1)) return { kind: 'interim', session: this.#oddly(session), counted: undefined }
    const delta = this.#bytes()
    const before = session.mark.kind === 'counted' ? session.mark.counters : NO_BYTES
    const mark = { kind: 'counted', counters: addBytes(before, delta), sinceMs: undefined } as const
    const recorded = addBytes(session.recorded, delta)
    const next = { ...session, mark, recorded, lastMovedMs: at.steadyMs }
    const from = random.chance(0.05) ? new Date(since.getTime() - random.below(1e6)) : since
    const to = random.chance(0.02) ? new Date(at.wall.getTime() + 1) : at.wall
    const counted: Counted | undefined = isNothing(delta) ? undefined : { delta, from, to }
    return { kind: 'interim', session: next, counted }
  }

  /** A session of which something other than its bytes is new. */
  #oddly(session: Session): Session {
    const random = this.#random
    switch (random.below(7)) {
      case 0:
        return { ...session, ipAddress: random.maybe(ODD_STRINGS) }
      case 1:
        return { ...session, binding: random.maybe(ODD_STRINGS) }
      case 2:
        return { ...session, login: this.#window() }
      case 3:
        return { ...session, isStallReported: !session.isStallReported }
      case 4:
        return { ...session, mark: this.#mark() }
      case 5:
        return { ...session, lastMovedMs: session.lastMovedMs + 0.5 }
      default:
        return session
    }
  }

  #start(service: Service, at: Moment): Extract<Entry, { kind: 'start' }> {
    const random = this.#random
    const delta = this.#bytes()
    const session: Session = {
      ...{ id: sessionId(`session-${++this.#sessions}`), service },
      protocol: random.pick(['hotspot', 'pppoe', '']),
      username: random.pick(ODD_STRINGS),
      server: random.maybe(ODD_STRINGS),
      macAddress: random.maybe(ODD_STRINGS),
      ipAddress: random.maybe(ODD_STRINGS),
      routerSessionId: random.maybe(ODD_STRINGS),
      callerId: random.maybe(ODD_STRINGS),
      binding: random.maybe(ODD_STRINGS),
      startMs: START_MS - random.below(1e9),
      login: this.#window(),
      mark: random.chance(0.7) ? { kind: 'counted', counters: delta, sinceMs: undefined } : this.#mark(),
      recorded: random.chance(0.9) ? delta : { upload: 2 ** 53 + 2, download: 0.25 },
      lastMovedMs: at.steadyMs,
      isStallReported: random.chance(0.1),
    }
    const counted = random.chance(0.8) ? { delta, from: new Date(session.startMs), to: at.wall } : undefined
    return { kind: 'start', session, counted }
  }

  #mark(): Mark {
    const random = this.#random
    if (random.chance(0.5)) return { kind: 'owed', from: random.pick(['login', 'baseline'] as const) }
    return { kind: 'counted', counters: this.#bytes(), sinceMs: random.maybe([START_MS + 0.125, -7]) }
  }

  #events(at: Moment): readonly LedgerEvent[] {
    const random = this.#random
    if (random.chance(0.8)) return []
    const kind = random.pick(['reset', 'baseline', 'quarantine', 'reboot', 'stall', 'discarded'] as const)
    return [{ kind, at: at.wall, detail: { username: random.pick(ODD_STRINGS), before: null, n: [1, {}] } }]
  }

  #moved(): ReadonlyMap<string, Bytes> {
    const moved = new Map<string, Bytes>()
    for (let left = this.#random.below(3); left > 0; left--) {
      const name = this.#random.pick(ODD_STRINGS)
      const isReset = this.#random.chance(0.2)
      const before = isReset ? NO_BYTES : (this.#bindings.get(name) ?? NO_BYTES)
      moved.set(name, addBytes(before, this.#bytes()))
    }
    for (const [name, bytes] of moved) this.#bindings.set(name, bytes)
    return moved
  }

  #bytes(): Bytes {
    const one = () => (this.#random.chance(0.1) ? this.#random.pick(ODD_BYTES) : this.#random.below(1e6))
    return { upload: one(), download: one() }
  }

  #moment(): Moment {
    const ms = START_MS + this.#seconds * 1000
    return { wall: new Date(ms + this.#random.below(100)), steadyMs: ms + this.#random.next() }
  }

  #window(): Window {
    const earliestMs = START_MS - this.#random.next() * 1e9
    return { earliestMs, latestMs: earliestMs + 1000.5 }
  }
}
