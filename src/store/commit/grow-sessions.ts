import type { ClientBase } from 'pg'
import { type Bytes, NO_BYTES } from '../../accounting/bytes.ts'
import type { GrownSum } from '../../accounting/columns/grown-rows.ts'
import type { SessionId } from '../../accounting/ids.ts'
import { namesADay } from '../../accounting/limits/others.ts'
import type { Service } from '../../accounting/reading.ts'
import type { Session } from '../../accounting/session.ts'
import type { Bucket, Share } from '../../accounting/spread.ts'
import { addGrown, type PendingSession } from '../../accounting/waiting/pending-session.ts'
import type { RouterCommit } from '../../recording/ports.ts'
import { DatabaseRefused } from '../pg/errors.ts'
import { pipelined } from '../pg/pipeline.ts'
import { storableText } from '../pg/storable.ts'
import { askEncoded, type EncodedRows, partsOf, runEncoded, runUnnest } from '../pg/unnest.ts'
import type { NamedDay } from './daily-names.ts'
import {
  ALONG_INDEX,
  BEGIN_DAILY,
  BEGIN_DELTAS,
  BY_SEARCH,
  GROW_DAILY,
  GROW_DELTAS,
  GROW_SERVICES,
  GROW_SESSIONS,
  type GrownService,
  type GrownShare,
} from './grown-statements.ts'

/** Sessions of many routers of which all that is to be written is what they have grown by. */
export class GrownSessions {
  readonly #floorMs: number
  /** By day, since a bucket may lie in another day for another tenant; then by the bucket's start. */
  readonly #buckets = new Map<string, Map<number, GrownShare[]>>()
  readonly #services: GrownService[] = []

  /** @param floorMs buckets before it are left out of `session_deltas` */
  constructor(floorMs: number) {
    this.#floorMs = floorMs
  }

  /**
   * Takes those of a router: one a subscriber, since a statement adds to a row but once.
   * @returns what is to be written of its sessions before
   */
  take({ tenant, router, limits, pending }: RouterCommit): Iterable<PendingSession> {
    const { changed, grown } = pending.inColumns ?? { changed: pending.sessions, grown: [] }
    const others = new Map(changed)
    // Those that are told apart from columns, though they only grew: after a reconnection, for one.
    const apart = new Map<SessionId, PendingSession>()
    const subscribers = new Subscribers()
    const sums = new ServiceSums()
    const ref = { tenant, router, mostNames: namesADay(limits) }
    for (const [id, change] of changed) {
      if (!this.#isOnlyGrown(change) || !subscribers.have(change.session)) continue
      others.delete(id)
      apart.set(id, change)
    }
    let taken: GrownShare[] = []
    let last: Bucket | undefined
    for (const rows of grown)
      for (const sum of rows.sums()) {
        const { bucket } = sum
        if (bucket !== last) taken = this.#bucket(bucket)
        last = bucket
        if (bucket.startMs < this.#floorMs || !subscribers.have(sum.session))
          addGrown(others, ...rows.told(sum))
        else if (apart.has(sum.session.id)) addGrown(apart, ...rows.told(sum))
        else {
          taken.push({ router: ref, sum })
          sums.add(sum.session.service, bucket.day, sum)
        }
      }
    for (const { session, shares } of apart.values())
      for (const share of shares.values()) {
        const sum = sumOf(session, share)
        this.#bucket(sum.bucket).push({ router: ref, sum })
        sums.add(session.service, share.day, share)
      }
    for (const sum of sums.all) this.#services.push({ tenant, router, ...sum })
    return others.values()
  }

  /**
   * @returns the days that have new names
   * @throws DatabaseRefused where a session has no row: it was set aside when it was new
   */
  async write(client: ClientBase): Promise<readonly NamedDay[]> {
    const [days] = await pipelined([
      this.#writeBuckets(client),
      runUnnest(client, GROW_SERVICES, this.#services),
    ])
    return days
  }

  async #writeBuckets(client: ClientBase): Promise<readonly NamedDay[]> {
    const days: NamedDay[] = []
    for (const [day, buckets] of this.#buckets)
      for (const [startMs, shares] of buckets)
        for (const part of partsOf(shares))
          for (const named of await grow(client, part, new Date(startMs).toISOString(), day)) days.push(named)
    return days
  }

  /** Whether all of it can be written as growth: `session_deltas` takes only buckets after the floor. */
  #isOnlyGrown({ isOnlyGrown, session, shares }: PendingSession): boolean {
    if (!isOnlyGrown || session.mark.kind !== 'counted') return false
    for (const bucketStartMs of shares.keys()) if (bucketStartMs < this.#floorMs) return false
    return shares.size > 0
  }

  #bucket({ day, startMs }: Bucket): GrownShare[] {
    const buckets = this.#buckets.get(day) ?? new Map<number, GrownShare[]>()
    this.#buckets.set(day, buckets)
    const bucket = buckets.get(startMs) ?? []
    buckets.set(startMs, bucket)
    return bucket
  }
}

/** One session of each subscriber of a router; it stays the same one from bucket to bucket. */
class Subscribers {
  readonly #sessions = new Map<Service, Map<string, SessionId>>()

  have({ service, username, id }: GrownSum['session']): boolean {
    const sessions = this.#sessions.get(service) ?? new Map<string, SessionId>()
    if (sessions.size === 0) this.#sessions.set(service, sessions)
    const name = storableText(username)
    const first = sessions.get(name)
    if (first === undefined) sessions.set(name, id)
    return first === undefined || first === id
  }
}

function sumOf(session: Session, { bucketStartMs: startMs, day, upload, download }: Share): GrownSum {
  const { mark, lastMovedMs } = session
  // What only grew was counted.
  const counters = mark.kind === 'counted' ? mark.counters : NO_BYTES
  const { upload: counterUpload, download: counterDownload } = counters
  const bucket = { startMs, day }
  return { session, bucket, upload, download, counterUpload, counterDownload, lastMovedMs }
}

interface ServiceSum {
  readonly service: Service
  readonly day: string
  upload: number
  download: number
}

/** A router's bytes by service and day: two or four sums of many. */
class ServiceSums {
  readonly #sums: ServiceSum[] = []

  get all(): Iterable<Readonly<ServiceSum>> {
    return this.#sums
  }

  add(service: Service, day: string, { upload, download }: Bytes): void {
    const sum = this.#sums.find(it => it.service === service && it.day === day)
    if (!sum) this.#sums.push({ service, day, upload, download })
    else {
      sum.upload += upload
      sum.download += download
    }
  }
}

/**
 * Each row is either found in a table or made there. Anything else would be bytes that one table lacks.
 * @returns the days that have new names
 */
async function grow(
  client: ClientBase,
  part: EncodedRows<GrownShare>,
  bucket: string,
  day: string,
): Promise<readonly NamedDay[]> {
  const { count } = part
  // One behind the other: the database is busy with one while we make the next.
  const [, sessions, deltas, , daily] = await pipelined([
    client.query(ALONG_INDEX),
    runEncoded(client, GROW_SESSIONS, part),
    runEncoded(client, GROW_DELTAS, part, [bucket]),
    client.query(BY_SEARCH),
    runEncoded(client, GROW_DAILY, part, [day]),
  ])
  if (sessions !== count) throw new DatabaseRefused(`sessions without a row: ${count - sessions}`)
  if (deltas < count) expectAll(count - deltas, await runEncoded(client, BEGIN_DELTAS, part, [bucket]))
  if (daily === count) return []
  const days = await askEncoded<GrownShare, NamedDay>(client, BEGIN_DAILY, part, [day])
  expectAll(
    count - daily,
    days.reduce((sum, { subscribers }) => sum + subscribers, 0),
  )
  return days
}

function expectAll(missing: number, made: number): void {
  if (made !== missing) throw new DatabaseRefused(`rows neither found nor made: ${missing - made}`)
}
