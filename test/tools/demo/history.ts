import type { Bytes } from '../../../src/accounting/bytes.ts'
import { Calendar, type Day } from '../../../src/accounting/calendar.ts'
import { countedUpTo } from '../../../src/accounting/counting/mark.ts'
import { routerId, type SessionId, sessionId, tenantId } from '../../../src/accounting/ids.ts'
import { NOTHING_REPORTED } from '../../../src/accounting/reported.ts'
import type { Session } from '../../../src/accounting/session.ts'
import { spread } from '../../../src/accounting/spread.ts'
import type { PendingSession } from '../../../src/accounting/waiting/pending-session.ts'
import { byBucket } from '../../../src/accounting/waiting/share-sums.ts'
import type { RouterRef } from '../../../src/recording/ports.ts'
import type { Fleet } from '../../harness/fleet/fleet.ts'
import { type Random, seededRandom, wholeBelow } from '../../harness/fleet/random.ts'
import type { Subscriber } from '../../harness/fleet/subscribers.ts'
import type { SubscriberBytes } from '../../system/daemon/compare.ts'
import { type FleetTenant, ownerOf } from '../../system/daemon/fleet-config.ts'

/** Whole days before the day of its end. */
export const HISTORY_DAYS = 30
/** As in the demo's config. */
export const BUCKET_MS = 15 * 60_000

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** Bytes a second of the average subscriber who is online. */
const DOWNLOAD_RATE = 300_000
/** By weekday, Sunday first: how often people come, and for how long. */
const WEEK = [1.3, 0.9, 0.85, 0.9, 0.95, 1.1, 1.35] as const

/** The ended sessions of one router, as they wait for a commit. */
export interface RouterHistory extends RouterRef {
  readonly sessions: readonly PendingSession[]
}

export interface HistoryOptions {
  /** The same seed and end make the same history. */
  readonly seed: number
  /** Its subscribers are those of the history. It must be populated. */
  readonly fleet: Pick<Fleet, 'sites'>
  readonly tenants: readonly FleetTenant[]
  /** No session of it ends later. */
  readonly endMs: number
}

/**
 * What a fleet's subscribers used in the last 30 days, and on the day of the end: mostly in the evening, more at
 * weekends, and a few of them far more than others.
 */
export function historyOf({ seed, fleet, tenants, endMs }: HistoryOptions): readonly RouterHistory[] {
  return fleet.sites.map(({ router, subscribers }, number) => {
    const { id, timezone } = ownerOf(number, tenants)
    const calendar = new Calendar(timezone)
    const days = daysUntil(endMs, calendar)
    const sessions = subscribers.flatMap((subscriber, place) => {
      const person = new Person(subscriber, `10.${number}.4.${place}`, seed + 1000 * number + place)
      return days.flatMap(day => person.sessionsOf(day, endMs, calendar))
    })
    return { tenant: tenantId(id), router: routerId(router.identity), sessions }
  })
}

/** The bytes of each session, for a comparison with the tables. */
export function bytesOf(history: readonly RouterHistory[]): readonly SubscriberBytes[] {
  return history.flatMap(({ tenant, router, sessions }) =>
    sessions.map(({ session: { service, username, recorded } }) => ({
      ...{ tenant, router, service, username, carried: recorded },
    })),
  )
}

/** The tenant's days from the first one to the one of the end. */
function daysUntil(endMs: number, calendar: Calendar): readonly Day[] {
  const days = [calendar.dayAt(endMs)]
  for (let [day] = days; day && days.length <= HISTORY_DAYS; days.unshift(day))
    day = calendar.dayAt(day.startMs - 1)
  return days
}

/** A subscriber with habits. */
class Person {
  readonly #subscriber: Subscriber
  readonly #address: string
  readonly #random: Random
  /** Compared with the average. */
  readonly #appetite: number
  /** After this they may log in again. */
  #freeFromMs = 0

  constructor(subscriber: Subscriber, address: string, seed: number) {
    this.#subscriber = subscriber
    this.#address = address
    this.#random = seededRandom(seed)
    // Successive seeds begin alike.
    for (let drawn = 0; drawn < 8; drawn++) this.#random()
    this.#appetite = 0.3 + 2 * this.#random() ** 3
  }

  /** The sessions that begin on a day. The last one may end on the next. */
  sessionsOf(day: Day, endMs: number, calendar: Calendar): readonly PendingSession[] {
    const random = this.#random
    const busy = WEEK[new Date(day.name).getUTCDay()] ?? 1
    const times = random() > 0.6 * busy ? 0 : random() < 0.3 * busy ? 2 : 1
    const hours = Array.from({ length: times }, () => hourDrawn(random)).sort((a, b) => a - b)
    return hours.flatMap(hour => {
      const startMs = Math.max(day.startMs + Math.floor(hour * HOUR_MS), this.#freeFromMs)
      const lastsMs = Math.floor((20 + 110 * random() ** 1.5) * busy * MINUTE_MS)
      const rate = DOWNLOAD_RATE * this.#appetite * (0.5 + random())
      const share = 0.08 + 0.12 * random()
      const id = idAt(startMs, random)
      const stopMs = Math.min(startMs + lastsMs, endMs)
      if (startMs >= stopMs) return []
      this.#freeFromMs = stopMs + 5 * MINUTE_MS
      const download = Math.floor((rate * (stopMs - startMs)) / 1000)
      return [
        this.#session(id, { startMs, stopMs }, { upload: Math.floor(download * share), download }, calendar),
      ]
    })
  }

  #session(
    id: SessionId,
    { startMs, stopMs }: { readonly startMs: number; readonly stopMs: number },
    bytes: Bytes,
    calendar: Calendar,
  ): PendingSession {
    const { name, protocol, macAddress, publicAddress } = this.#subscriber
    const isHotspot = protocol === 'hotspot'
    const end = new Date(stopMs)
    const session: Session = {
      id,
      service: isHotspot ? 'hotspot' : 'ppp',
      protocol,
      username: name.text,
      domain: undefined,
      server: undefined,
      macAddress: isHotspot ? macAddress : undefined,
      ipAddress: this.#address,
      routerSessionId: undefined,
      callerId: isHotspot ? undefined : protocol === 'pppoe' ? macAddress : publicAddress,
      binding: undefined,
      startMs,
      login: { earliestMs: startMs, latestMs: startMs },
      mark: countedUpTo(bytes),
      recorded: bytes,
      lastMovedMs: stopMs,
      reported: NOTHING_REPORTED,
      missed: undefined,
      guessed: undefined,
      among: undefined,
    }
    return {
      session,
      isNew: true,
      isOnlyGrown: false,
      end: { lastSeenAt: end, endTime: end, reason: 'logout', device: undefined },
      shares: byBucket(spread({ delta: bytes, from: new Date(startMs), to: end }, BUCKET_MS, calendar)),
    }
  }
}

/** An hour of the day: six in ten in the evening, two around lunch, and two at any time between. */
function hourDrawn(random: Random): number {
  const place = random()
  const aside = random() + random() + random() - 1.5
  if (place < 0.6) return 20.3 + 1.6 * aside
  if (place < 0.8) return 13 + 1.5 * aside
  return 7 + 14 * random()
}

/** A UUID of version 7. */
function idAt(ms: number, random: Random): SessionId {
  const time = ms.toString(16).padStart(12, '0')
  const drawn = (digits: number) =>
    wholeBelow(random, 16 ** digits)
      .toString(16)
      .padStart(digits, '0')
  return sessionId(`${time.slice(0, 8)}-${time.slice(8)}-7${drawn(3)}-8${drawn(3)}-${drawn(6)}${drawn(6)}`)
}
