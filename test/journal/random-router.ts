import { addBytes, type Bytes, isNothing, NO_BYTES } from '../../src/accounting/bytes.ts'
import {
  type ByDirection,
  type CountedMark,
  countedUpTo,
  type Doubt,
  type Mark,
} from '../../src/accounting/counting/mark.ts'
import type { AwayReading } from '../../src/accounting/device.ts'
import {
  type CountedSpan,
  type Decision,
  type Entry,
  EVENT_KINDS,
  type LedgerEvent,
} from '../../src/accounting/entry.ts'
import { sessionId } from '../../src/accounting/ids.ts'
import type { Moment, Service, Window } from '../../src/accounting/reading.ts'
import type { Session } from '../../src/accounting/session.ts'

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
/** Any name can be a service. */
const NAMES = ['hotspot', 'ppp', 'zoë’s 😀']
const ODD_BYTES = [0, 1, 127, 128, 2 ** 31, 2 ** 32 + 7, 2 ** 51 - 1]
const DEVICE = { serial: undefined, identity: 'unpaired \ud83d' }
const START_MS = Date.UTC(2026, 10, 24, 9)

/** A router with decisions of every form, mostly sessions that grew. */
export class RandomRouter {
  readonly #random: Random
  readonly #open = new Map<Service, Session[]>()
  readonly #bindings = new Map<string, CountedMark>()
  #seconds = 0
  #sessions = 0

  constructor(random: Random) {
    this.#random = random
  }

  next(): Decision {
    const random = this.#random
    const service = random.pick(NAMES)
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
    return {
      ...{ service, at, boot: this.#window(), entries, events: this.#events(at), bindings: this.#moved() },
      device: random.maybe([DEVICE, { ...DEVICE, serial: 'HF01' }]),
      isReplaced: random.chance(0.1),
      away: random.chance(0.1) ? [this.#awayReading()] : [],
      moves: random.chance(0.1) ? [{ from: sessionId('a'), to: sessionId('b') }] : [],
    }
  }

  #change(session: Session, at: Moment, since: Date): Entry | undefined {
    const random = this.#random
    if (random.chance(0.1)) return undefined
    if (random.chance(0.05)) {
      const reason = random.pick(['logout', 'reboot', 'router_changed'] as const)
      const device = reason === 'router_changed' ? random.maybe(['serial HF01']) : undefined
      const ends = { lastSeenAt: since, endTime: at.wall, reason, device }
      return { kind: 'stop', session: this.#oddly(session), ...ends }
    }
    if (random.chance(0.1)) return { kind: 'interim', session: this.#oddly(session), counted: [] }
    const delta = this.#bytes()
    const before = session.mark.kind === 'counted' ? session.mark.counters : NO_BYTES
    const doubts = session.mark.kind === 'counted' ? session.mark.doubts : undefined
    const mark = { ...countedUpTo(addBytes(before, delta)), doubts }
    const recorded = addBytes(session.recorded, delta)
    const next = { ...session, mark, recorded, lastMovedMs: at.steadyMs }
    const from = random.chance(0.05) ? new Date(since.getTime() - random.below(1e6)) : since
    const to = random.chance(0.02) ? new Date(at.wall.getTime() + 1) : at.wall
    const counted: readonly CountedSpan[] = isNothing(delta) ? [] : [{ delta, from, to }]
    const twice = random.chance(0.05) ? [{ delta, from: since, to: at.wall }] : []
    return { kind: 'interim', session: next, counted: [...counted, ...twice] }
  }

  /** A session in which something else than its bytes changed. */
  #oddly(session: Session): Session {
    const random = this.#random
    switch (random.below(10)) {
      case 0:
        return { ...session, ipAddress: random.maybe(ODD_STRINGS) }
      case 1:
        return { ...session, binding: random.maybe(ODD_STRINGS) }
      case 2:
        return { ...session, login: this.#window() }
      case 3:
        return { ...session, reported: session.reported ^ 1 }
      case 4:
        return { ...session, mark: this.#mark() }
      case 5:
        return { ...session, lastMovedMs: session.lastMovedMs + 0.5 }
      case 6:
        return { ...session, missed: { lastSeenMs: START_MS, goneMs: START_MS + random.below(9) } }
      case 7:
        return { ...session, guessed: random.maybe(ODD_STRINGS), among: random.maybe(ODD_STRINGS) }
      case 8:
        return { ...session, username: random.pick(ODD_STRINGS), domain: random.maybe(ODD_STRINGS) }
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
      domain: random.maybe(ODD_STRINGS),
      server: random.maybe(ODD_STRINGS),
      macAddress: random.maybe(ODD_STRINGS),
      ipAddress: random.maybe(ODD_STRINGS),
      routerSessionId: random.maybe(ODD_STRINGS),
      callerId: random.maybe(ODD_STRINGS),
      binding: random.maybe(ODD_STRINGS),
      startMs: START_MS - random.below(1e9),
      login: this.#window(),
      mark: random.chance(0.7) ? countedUpTo(delta) : this.#mark(),
      recorded: random.chance(0.9) ? delta : { upload: 2 ** 53 + 2, download: 0.25 },
      lastMovedMs: at.steadyMs,
      reported: random.chance(0.1) ? random.below(32) : 0,
      missed: undefined,
      guessed: random.chance(0.1) ? random.pick(ODD_STRINGS) : undefined,
      among: random.chance(0.1) ? random.pick(ODD_STRINGS) : undefined,
    }
    const counted = random.chance(0.8) ? [{ delta, from: new Date(session.startMs), to: at.wall }] : []
    return { kind: 'start', session, counted }
  }

  #mark(): Mark {
    const random = this.#random
    const sinceMs = random.maybe([START_MS + 0.125, -7])
    if (random.chance(0.5)) {
      const shown = random.chance(0.2) ? this.#bytes() : undefined
      return { kind: 'owed', from: random.pick(['login', 'baseline'] as const), sinceMs, shown }
    }
    return { ...countedUpTo(this.#bytes()), sinceMs, doubts: random.chance(0.5) ? this.#doubts() : undefined }
  }

  #doubts(): ByDirection<Doubt> {
    const [random, doubt] = [this.#random, () => this.#doubt()]
    return random.chance(0.5)
      ? { upload: doubt(), download: doubt() }
      : { upload: doubt(), download: undefined }
  }

  #doubt(): Doubt {
    const random = this.#random
    const { upload, download } = this.#bytes()
    const sinceMs = START_MS + random.next()
    return {
      fall: random.maybe([{ atMs: sinceMs + 5, sinceMs, shown: upload, least: download }]),
      leap: random.maybe([{ from: upload, counted: download, sinceMs }]),
      olds: random.maybe([{ mark: upload, base: download }]) ? [{ mark: upload, base: download }] : [],
      ahead: random.pick(ODD_BYTES),
    }
  }

  #awayReading(): AwayReading {
    return {
      device: DEVICE,
      ...{ at: this.#moment(), boot: this.#window(), isFromAnotherProcess: this.#random.chance(0.5) },
    }
  }

  #events(at: Moment): readonly LedgerEvent[] {
    const random = this.#random
    if (random.chance(0.8)) return []
    const kind = random.pick(EVENT_KINDS)
    return [{ kind, at: at.wall, detail: { username: random.pick(ODD_STRINGS), before: null, n: [1, {}] } }]
  }

  #moved(): ReadonlyMap<string, CountedMark> {
    const moved = new Map<string, CountedMark>()
    for (let left = this.#random.below(3); left > 0; left--) {
      const name = this.#random.pick(ODD_STRINGS)
      const isReset = this.#random.chance(0.2)
      const before = isReset ? NO_BYTES : (this.#bindings.get(name)?.counters ?? NO_BYTES)
      const doubts = this.#random.chance(0.2) ? this.#doubts() : undefined
      moved.set(name, { ...countedUpTo(addBytes(before, this.#bytes())), doubts })
    }
    for (const [name, mark] of moved) this.#bindings.set(name, mark)
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
