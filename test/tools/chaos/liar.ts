import { COUNTER_LIES, type Lie, type LieKind, type Telling } from '../../harness/fleet/lie.ts'
import { pick, type Random } from '../../harness/fleet/random.ts'
import { HotspotSession, PppSession, type SimulatedSession } from '../../harness/fleet/session.ts'
import type { Site } from '../../harness/fleet/site.ts'
import type { CarriedReading } from '../../harness/fleet/truth.ts'
import { SESSION_LIES, type SessionLieKind } from './kinds.ts'
import type { RouterLog } from './router-log.ts'

export type LieCounts = Record<SessionLieKind, number>

export interface LiarOptions {
  readonly site: Site
  readonly log: RouterLog
  readonly random: Random
  /** Counts lies when they are in readings. */
  readonly counts: LieCounts
  /** Whether a session may end now. */
  readonly mayEnd: () => boolean
}

/** The domain that is split off from names. It is part of the name. */
export const LIED_DOMAIN = 'lied.example'

/**
 * How long a session must have been known without lies before a reading omits it, or shows it as another one: by then
 * the daemon knows it, even if some readings were lost.
 */
const KNOWN_FOR_MS = 30_000
const BRIEF: readonly SessionLieKind[] = [
  ...COUNTER_LIES,
  'counters wrong before a logout',
  'row twice',
  'row twice, once smaller',
]
/** Only once: a session that two readings lack has ended, and one with another login in two readings is another one. */
const SINGLE: readonly SessionLieKind[] = ['row missing', 'up since 1970', 'new domain', 'new address']
/** Enough readings for the server menu to be asked again; for sessions that have just logged in. */
const SERVER_MENU_READINGS = 20
const AT_LOGIN: readonly LieKind[] = ['other caller in the server menu', 'other name in the server menu']

export function noLies(): LieCounts {
  return {
    ...{ 'counters zero': 0, 'counters as after a reset': 0, 'counters slightly below': 0 },
    ...{ 'counters wrong before a logout': 0, 'row twice': 0, 'row twice, once smaller': 0 },
    ...{ 'row missing': 0, 'uptime unreadable': 0, 'counters unreadable': 0, 'up since 1970': 0 },
    ...{ 'other caller in the server menu': 0, 'other name in the server menu': 0 },
    ...{ 'new domain': 0, 'new address': 0, 'new interface name': 0 },
  }
}

/** Makes one router lie about its sessions. */
export class Liar {
  readonly #options: LiarOptions
  /** Sessions that end with these lies. */
  readonly #last = new Map<Telling, SimulatedSession>()
  readonly #counted = new WeakSet<Telling>()
  #numbers = 0

  constructor(options: LiarOptions) {
    this.#options = options
    options.site.router.onReading(reading => this.#note(reading))
  }

  /** @returns whether there is a session for this lie */
  tell(kind: SessionLieKind): boolean {
    const { random, site } = this.#options
    const session = pick(random, this.#candidates(kind))
    if (!session) return false
    const isLast = kind === 'counters wrong before a logout'
    const chosen = isLast ? (pick(random, COUNTER_LIES) ?? COUNTER_LIES[0]) : kind
    this.#change(session, chosen)
    const telling = site.router.lies.tell(session, this.#lieOf(chosen))
    if (isLast) this.#last.set(telling, session)
    return true
  }

  /** Lies about a session in the server menu, from its first reading on. */
  lieAboutLogin(session: SimulatedSession): void {
    const { random, site, counts } = this.#options
    if (!(session instanceof PppSession) || !session.interface.isDynamic || random() < 0.7) return
    const kind = [...AT_LOGIN].sort((a, b) => counts[a] - counts[b])[0]
    if (kind) site.router.lies.tell(session, this.#lieOf(kind))
  }

  #lieOf(kind: LieKind): Lie {
    const { random } = this.#options
    const variant = random()
    if (AT_LOGIN.includes(kind)) return { kind, readings: SERVER_MENU_READINGS, variant }
    // The row is new, and its interface is known with the next reading.
    if (kind === 'new interface name') return { kind, readings: 2, variant }
    return { kind, readings: SINGLE.includes(kind) ? 1 : 1 + Math.floor(random() * 3), variant }
  }

  #candidates(kind: SessionLieKind): readonly SimulatedSession[] {
    const { site, mayEnd } = this.#options
    const { sessions, lies } = site.router
    const nowMs = site.router.now()
    if (AT_LOGIN.some(it => it === kind) || (kind === 'counters wrong before a logout' && !mayEnd()))
      return []
    return [...sessions.hotspot(), ...sessions.ppp()].filter(session => {
      const sinceMs = lies.trueSinceMs(session)
      if (sinceMs === undefined || !this.#fits(session, kind)) return false
      return BRIEF.includes(kind) || nowMs - sinceMs >= KNOWN_FOR_MS
    })
  }

  #fits(session: SimulatedSession, kind: SessionLieKind): boolean {
    const { site, log } = this.#options
    switch (kind) {
      case 'new domain':
        return session instanceof HotspotSession && session.domain === undefined
      case 'new address':
        return session instanceof HotspotSession
      case 'new interface name':
        return session instanceof PppSession && session.interface.isDynamic
      case 'counters zero':
      case 'counters as after a reset':
      case 'counters slightly below':
      case 'counters wrong before a logout': {
        // After a reset nobody can tell what is true.
        const { upload, download } = session.meter.readAt(site.router.now())
        return upload + download > 0 && !log.wasReset(session.meter)
      }
      default:
        return true
    }
  }

  #change(session: SimulatedSession, kind: LieKind): void {
    const { sessions } = this.#options.site.router
    if (session instanceof HotspotSession && kind === 'new domain') session.domain = LIED_DOMAIN
    if (session instanceof HotspotSession && kind === 'new address')
      sessions.readdress(session, `172.16.${this.#numbers >> 8}.${this.#numbers++ & 255}`)
    if (session instanceof PppSession && kind === 'new interface name')
      sessions.rename(session, `${session.interface.name.slice(0, -1)}-renamed-${this.#numbers++}>`)
  }

  #note({ lies }: CarriedReading): void {
    const { counts, site, mayEnd } = this.#options
    for (const [, lie] of lies) {
      const ending = this.#last.get(lie)
      if (!ending && !this.#counted.has(lie)) counts[lie.kind]++
      this.#counted.add(lie)
      if (!ending || !lie.isOver) continue
      this.#last.delete(lie)
      if (!mayEnd()) continue
      counts['counters wrong before a logout']++
      site.end(ending)
    }
  }
}

/** Kinds by how often they were told, rarest first, and in random order if equal. */
export function rarestFirst(counts: LieCounts, random: Random): readonly SessionLieKind[] {
  const order = new Map(SESSION_LIES.map(kind => [kind, counts[kind] + random()]))
  return [...SESSION_LIES].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0))
}
