import type { ClientBase } from 'pg'
import { addBytes, type Bytes, NO_BYTES } from '../accounting/bytes.ts'
import type { GrownSum } from '../accounting/grown-rows.ts'
import type { SessionId } from '../accounting/ids.ts'
import { addGrown, type PendingSession } from '../accounting/pending.ts'
import type { Service } from '../accounting/reading.ts'
import type { Session } from '../accounting/session.ts'
import type { Bucket, Share } from '../accounting/spread.ts'
import { BEGIN_BUCKET, GROW, GROW_SERVICES, type GrownService, type Rows } from './grown-statements.ts'
import type { RouterCommit } from './router-statements.ts'
import { storableText } from './storable.ts'
import { DatabaseRefused } from './store-error.ts'
import { askUnnest, partsOf, runUnnest } from './unnest.ts'

/** Sessions of many routers of which all that is to be written is what they have grown by. */
export class GrownSessions {
  readonly #floorMs: number
  /** By day, since a bucket may lie in another day for another tenant; then by the bucket's start. */
  readonly #buckets = new Map<string, Map<number, GrownSum[]>>()
  readonly #services: GrownService[] = []

  /** @param floorMs buckets before it are left out of `session_deltas` */
  constructor(floorMs: number) {
    this.#floorMs = floorMs
  }

  /**
   * Takes those of a router: one a subscriber, since a statement adds to a row but once.
   * @returns what is to be written of its sessions before
   */
  take({ tenant, router, pending }: RouterCommit): Iterable<PendingSession> {
    const { changed, grown } = pending.inColumns ?? { changed: pending.sessions, grown: [] }
    const others = new Map(changed)
    // Those that are told apart from columns, though they only grew: after a reconnection, for one.
    const apart = new Map<SessionId, PendingSession>()
    const subscribers = new Subscribers()
    const sums = new ServiceSums()
    const add = (bucket: Bucket, sum: GrownSum) => {
      this.#bucket(bucket).push(sum)
      sums.add(sum.session.service, bucket.day, sum)
    }
    for (const [id, change] of changed) {
      if (!this.#isOnlyGrown(change) || !subscribers.have(change.session)) continue
      others.delete(id)
      apart.set(id, change)
    }
    for (const rows of grown)
      for (const sum of rows.sums())
        if (rows.bucket.startMs < this.#floorMs || !subscribers.have(sum.session))
          addGrown(others, ...rows.told(sum))
        else if (apart.has(sum.session.id)) addGrown(apart, ...rows.told(sum))
        else add(rows.bucket, sum)
    for (const { session, shares } of apart.values())
      for (const share of shares.values())
        add({ day: share.day, startMs: share.bucketStartMs }, sumOf(session, share))
    for (const { service, day, bytes } of sums.all)
      this.#services.push({ tenant, router, service, day, ...bytes })
    return others.values()
  }

  /** @throws DatabaseRefused where a session has no row: it was set aside when it was new */
  async write(client: ClientBase): Promise<void> {
    for (const [day, buckets] of this.#buckets)
      for (const [startMs, grown] of buckets)
        for (const part of partsOf(grown)) await grow(client, part, [new Date(startMs).toISOString(), day])
    await runUnnest(client, GROW_SERVICES, this.#services)
  }

  /** Whether all of it can be written as growth: `session_deltas` takes only buckets after the floor. */
  #isOnlyGrown({ isOnlyGrown, session, shares }: PendingSession): boolean {
    if (!isOnlyGrown || session.mark.kind !== 'counted') return false
    for (const bucketStartMs of shares.keys()) if (bucketStartMs < this.#floorMs) return false
    return shares.size > 0
  }

  #bucket({ day, startMs }: Bucket): GrownSum[] {
    const buckets = this.#buckets.get(day) ?? new Map<number, GrownSum[]>()
    this.#buckets.set(day, buckets)
    const bucket = buckets.get(startMs) ?? []
    buckets.set(startMs, bucket)
    return bucket
  }
}

/** One session of each subscriber of a router; it stays the same one from bucket to bucket. */
class Subscribers {
  readonly #sessions = new Map<string, SessionId>()

  have({ service, username, id }: Session): boolean {
    const key = `${service}/${storableText(username)}`
    const first = this.#sessions.get(key)
    if (first === undefined) this.#sessions.set(key, id)
    return first === undefined || first === id
  }
}

function sumOf(session: Session, { upload, download }: Share): GrownSum {
  const { mark, lastMovedMs } = session
  // What only grew was counted.
  const counters = mark.kind === 'counted' ? mark.counters : NO_BYTES
  const { upload: counterUpload, download: counterDownload } = counters
  return { session, upload, download, counterUpload, counterDownload, lastMovedMs }
}

/** A router's bytes by service and day: two or four sums of many. */
class ServiceSums {
  readonly #sums: { readonly service: Service; readonly day: string; bytes: Bytes }[] = []

  get all(): Iterable<{ readonly service: Service; readonly day: string; readonly bytes: Bytes }> {
    return this.#sums
  }

  add(service: Service, day: string, bytes: Bytes): void {
    const sum = this.#sums.find(it => it.service === service && it.day === day)
    if (sum) sum.bytes = addBytes(sum.bytes, bytes)
    else this.#sums.push({ service, day, bytes: addBytes(NO_BYTES, bytes) })
  }
}

/** Each row is either found in a table or made there. Anything else would be bytes that one table lacks. */
async function grow(
  client: ClientBase,
  part: readonly GrownSum[],
  bucketAndDay: readonly [string, string],
): Promise<void> {
  const found = await rowsOf(client, GROW, part, bucketAndDay)
  if (found.sessions !== part.length)
    throw new DatabaseRefused(`sessions without a row: ${part.length - found.sessions}`)
  const missing = 2 * part.length - found.deltas - found.daily
  if (missing === 0) return
  const made = await rowsOf(client, BEGIN_BUCKET, part, bucketAndDay)
  if (made.deltas + made.daily !== missing)
    throw new DatabaseRefused(`rows neither found nor made: ${missing - made.deltas - made.daily}`)
}

async function rowsOf(
  client: ClientBase,
  statement: typeof GROW,
  part: readonly GrownSum[],
  bucketAndDay: readonly [string, string],
): Promise<Rows> {
  const { rows } = await askUnnest<GrownSum, Rows>(client, statement, part, bucketAndDay)
  return rows[0] ?? { sessions: 0, deltas: 0, daily: 0 }
}
