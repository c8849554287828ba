import type { TenantId } from '../../accounting/ids.ts'
import type { Stats } from '../../live/snapshot.ts'
import { backOffMs } from '../../runtime/back-off.ts'
import { Block } from '../../runtime/block.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Component } from '../../runtime/component.ts'
import type { Logger } from '../../runtime/logger.ts'
import { Loop } from '../../runtime/loop.ts'
import type { Post, PostOutcome } from '../../runtime/post/sender.ts'
import type { SnapshotSource } from '../frames.ts'
import { eventRequest, MOST_EVENTS, type PublishedApp, type TenantStats } from './event-request.ts'

/** Counts events. */
export interface PublishObserver {
  published(outcome: 'published' | 'failed', events: number): void
}

export interface PublisherOptions {
  readonly app: PublishedApp
  readonly source: Pick<SnapshotSource, 'tenants' | 'snapshot'>
  /** Whether this daemon publishes a tenant. */
  readonly isOurs: (tenant: TenantId) => boolean
  readonly sender: { post(post: Post, cut: AbortSignal): Promise<PostOutcome>; close(): void }
  readonly intervalMs: number
  readonly random: () => number
  readonly observer: PublishObserver
  readonly clock: Clock
  readonly log: Logger
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

/** Requests at the same time. */
const CONCURRENCY = 4
const WAITS = { firstMs: 5_000, mostMs: 120_000 }
/** An answer of 429 or 503 may ask for a longer wait, up to this. */
const MOST_ASKED_MS = 600_000
const ADVICE = 'check publish.pusher: host, port, app, key and secret, and the clock of this machine'

/**
 * Publishes the stats of tenants to an app of a Pusher server, at each interval and only if they changed. Nothing is
 * queued: what could not be published is replaced by the newest stats at the next turn.
 *
 *     turn ──all accepted──▶ next interval
 *       └──one refused─────▶ a growing wait, then the newest of all that are still unpublished
 */
export class Publisher implements Component {
  readonly #options: PublisherOptions
  /** What was accepted last, without the time at which it was made. */
  readonly #published = new Map<TenantId, string>()
  #failures = 0
  #askedMs = 0
  readonly #loop: Loop

  constructor(options: PublisherOptions) {
    this.#options = options
    this.#loop = new Loop(signal => this.#run(signal), options.onBug)
  }

  start(): void {
    this.#loop.start()
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }

  /** Whether the last turn that published something succeeded. */
  get isUp(): boolean {
    return this.#failures === 0
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, intervalMs, random, sender } = this.#options
    try {
      while (!signal.aborted) {
        const beganMs = clock.steadyMs()
        await this.#takeTurn(signal)
        const waitMs =
          this.#failures === 0
            ? Math.max(0, beganMs + intervalMs - clock.steadyMs())
            : Math.max(this.#askedMs, backOffMs(WAITS, this.#failures, random()))
        await clock.sleep(waitMs, signal)
      }
    } finally {
      sender.close()
    }
  }

  async #takeTurn(signal: AbortSignal): Promise<void> {
    const changed = await this.#changed(signal)
    const batches = Array.from({ length: Math.ceil(changed.length / MOST_EVENTS) }, (_, index) =>
      changed.slice(index * MOST_EVENTS, (index + 1) * MOST_EVENTS),
    )
    // While the server is away, one request at a time is enough to see it come back.
    const width = this.#failures === 0 ? CONCURRENCY : 1
    let refused: Refused | undefined
    let accepted = 0
    const work = async () => {
      while (refused === undefined && !signal.aborted) {
        const batch = batches.shift()
        if (batch === undefined) return
        const found = await this.#publish(batch, signal)
        if (found === 'accepted') accepted += 1
        else if (found !== 'cut') refused = found
      }
    }
    await Promise.all(Array.from({ length: width }, work))
    this.#report(refused, accepted)
  }

  #report(refused: Refused | undefined, accepted: number): void {
    const { app, log } = this.#options
    if (refused !== undefined) {
      this.#failures += 1
      this.#askedMs = refused.askedMs
      const { error } = refused
      if (this.#failures === 1)
        log.warn({ host: app.host, error, advice: ADVICE }, 'stats are not published for now')
    } else if (accepted > 0 && this.#failures > 0) {
      this.#failures = 0
      log.info({ host: app.host }, 'stats are published again')
    }
  }

  /** Makes the stats of all tenants, with pauses. */
  async #changed(signal: AbortSignal): Promise<readonly Changed[]> {
    const { source, clock, isOurs } = this.#options
    const tenants = source.tenants()
    this.#keepOnly(new Set(tenants))
    const changed: Changed[] = []
    const block = new Block(clock)
    for (const tenant of tenants) {
      if (block.isTooLong) await block.pause()
      if (signal.aborted) break
      if (!isOurs(tenant)) {
        // Another daemon may publish it meanwhile.
        this.#published.delete(tenant)
        continue
      }
      const stats = source.snapshot(tenant, clock.now())?.stats
      if (stats === undefined) continue
      const content = contentOf(stats)
      if (this.#published.get(tenant) !== content) changed.push({ tenant, stats, content })
    }
    return changed
  }

  async #publish(batch: readonly Changed[], signal: AbortSignal): Promise<Refused | 'accepted' | 'cut'> {
    const { app, sender, clock, observer } = this.#options
    const outcome = await sender.post(eventRequest(app, batch, clock.now()), signal)
    if (outcome.kind === 'cut') return 'cut'
    if (outcome.kind === 'answered' && outcome.status >= 200 && outcome.status < 300) {
      for (const { tenant, content } of batch) this.#published.set(tenant, content)
      observer.published('published', batch.length)
      return 'accepted'
    }
    observer.published('failed', batch.length)
    if (outcome.kind === 'unanswered') return { error: outcome.error, askedMs: 0 }
    const { status, retryAfterMs = 0 } = outcome
    return { error: `HTTP ${status}`, askedMs: Math.min(MOST_ASKED_MS, Math.max(0, retryAfterMs)) }
  }

  #keepOnly(tenants: ReadonlySet<TenantId>): void {
    for (const tenant of this.#published.keys()) if (!tenants.has(tenant)) this.#published.delete(tenant)
  }
}

interface Refused {
  readonly error: string
  /** The wait that the server asks for. */
  readonly askedMs: number
}

interface Changed extends TenantStats {
  readonly content: string
}

function contentOf({ last_updated: _, ...stats }: Stats): string {
  return JSON.stringify(stats)
}
