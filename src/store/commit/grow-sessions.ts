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
import type { Scope } from '../pg/scope.ts'
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

/** Sessions of many routers that only grew: nothing but their growth has to be written. */
export class GrownSessions {
  readonly #floorMs: number
  /** By day, because a bucket may lie in different days for different tenants; then by the bucket's start. */
  readonly #buckets = new Map<string, Map<number, GrownShare[]>>()
  readonly #services: GrownService[] = []

  /** @param floorMs buckets before this time are not written to `session_deltas` */
  constructor(floorMs: number) {
    this.#floorMs = floorMs
  }

  /**
   * Takes the sessions of a router that only grew: one for each subscriber, because a statement adds to a row only once.
   * @returns the changes of its sessions that must be written before
   */
  take({ tenant, router, limits, pending }: RouterCommit): Iterable<PendingSession> {
    const { changed, grown } = pending.inColumns ?? { changed: pending.sessions, grown: [] }
    const others = new Map(changed)
    // Sessions that only grew, but are not in columns, for instance after a reconnection.
    const apart = new Map<SessionId, PendingSession>()
    const chosen = new ChosenSessions()
    const sums = new ServiceSums()
    const ref = { tenant, router, mostNames: namesADay(limits) }
    for (const [id, change] of changed) {
      if (!this.#isOnlyGrown(change) || !chosen.have(change.session)) continue
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
        if (bucket.startMs < this.#floorMs || !chosen.have(sum.session))
          addGrown(others, ...rows.sessionAndShare(sum))
        else if (apart.has(sum.session.id)) addGrown(apart, ...rows.sessionAndShare(sum))
        else {
          taken.push({ router: ref, sum })
          sums.add(sum.session.service, bucket.day, sum)
        }
      }
    for (const { session, shares } of apart.values())
      for (const share of shares.values()) {
        const sum = grownSum(session, share)
        this.#bucket(sum.bucket).push({ router: ref, sum })
        sums.add(session.service, share.day, share)
      }
    for (const sum of sums.all) this.#services.push({ tenant, router, ...sum })
    return others.values()
  }

  /**
   * Writes what was taken.
   * @returns the days that have new names
   * @throws DatabaseRefused if a session has no row, because it was set aside when it was new
   */
  async write(scope: Scope): Promise<readonly NamedDay[]> {
    const [days] = await pipelined([
      this.#writeBuckets(scope),
      runUnnest(scope, GROW_SERVICES, this.#services),
    ])
    return days
  }

  async #writeBuckets(scope: Scope): Promise<readonly NamedDay[]> {
    const days: NamedDay[] = []
    for (const [day, buckets] of this.#buckets)
      for (const [startMs, shares] of buckets)
        for (const part of partsOf(shares))
          for (const named of await grow(scope, part, new Date(startMs).toISOString(), day)) days.push(named)
    return days
  }

  /** Whether a change can be written as growth: all of its buckets must be at or after the floor. */
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

/** Chooses one session of each subscriber of a router, the same for all buckets. */
class ChosenSessions {
  readonly #sessions = new Map<Service, Map<string, SessionId>>()

  /** Whether a session is the chosen one of its subscriber. The first one is. */
  have({ service, username, id }: GrownSum['session']): boolean {
    const sessions = this.#sessions.get(service) ?? new Map<string, SessionId>()
    if (sessions.size === 0) this.#sessions.set(service, sessions)
    const name = storableText(username)
    const first = sessions.get(name)
    if (first === undefined) sessions.set(name, id)
    return first === undefined || first === id
  }
}

function grownSum(session: Session, { bucketStartMs: startMs, day, upload, download }: Share): GrownSum {
  const { mark, lastMovedMs } = session
  // A session that only grew is counted.
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

/** Adds up a router's bytes by service and day: two or four sums of many sessions. */
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
 * Adds to the rows that are there, and inserts the others. If a row is neither found nor inserted, it throws, because one
 * table would lack the bytes.
 * @returns the days that have new names
 * @throws DatabaseRefused
 */
async function grow(
  scope: Scope,
  part: EncodedRows<GrownShare>,
  bucket: string,
  day: string,
): Promise<readonly NamedDay[]> {
  const { count } = part
  // Pipelined: the database works on one statement while we encode the next.
  const [, sessions, deltas, , daily] = await pipelined([
    plan(scope, ALONG_INDEX),
    runEncoded(scope, GROW_SESSIONS, part),
    runEncoded(scope, GROW_DELTAS, part, [bucket]),
    plan(scope, BY_SEARCH),
    runEncoded(scope, GROW_DAILY, part, [day]),
  ])
  if (sessions !== count) throw new DatabaseRefused(`sessions without a row: ${count - sessions}`)
  if (deltas < count) expectAll(count - deltas, await runEncoded(scope, BEGIN_DELTAS, part, [bucket]))
  if (daily === count) return []
  const days = await askEncoded<GrownShare, NamedDay>(scope, BEGIN_DAILY, part, [day])
  expectAll(
    count - daily,
    days.reduce((sum, { subscribers }) => sum + subscribers, 0),
  )
  return days
}

/** Sets how prepared statements are planned. Citus plans each statement for its own arrays. */
async function plan({ client, tenants }: Scope, setting: string): Promise<void> {
  if (tenants === undefined) await client.query(setting)
}

function expectAll(missing: number, inserted: number): void {
  if (inserted !== missing)
    throw new DatabaseRefused(`rows neither found nor inserted: ${missing - inserted}`)
}
