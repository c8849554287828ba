import { type RouterKey, routerKey, type TenantId } from '../accounting/ids.ts'
import { isNear } from '../accounting/limits/limit-use.ts'
import { createApi } from '../api/http/api.ts'
import { Bearers } from '../api/http/bearers.ts'
import type { Reply } from '../api/http/reply.ts'
import { HttpServer } from '../api/http/server.ts'
import { healthRoutes, type Readiness } from '../api/pages/health.ts'
import { type DaemonStatus, type MemberStatus, type RouterStatus, statusRoute } from '../api/pages/status.ts'
import type { TokenVerifier } from '../auth/bearer.ts'
import type { Snapshot } from '../live/snapshot.ts'
import type { RouterHealth } from '../poller/router-health.ts'
import type { RouterBook } from '../recording/router-book.ts'
import { limitUsesOf } from '../roster/limit-uses.ts'
import type { Membership } from '../roster/membership.ts'
import type { Member } from '../roster/ports.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Component } from '../runtime/component.ts'
import { errorFields, type Logger } from '../runtime/logger.ts'
import { VERSION } from '../runtime/version.ts'
import { controlSocketOf } from './control-socket.ts'

export interface ControlOptions {
  readonly board: {
    tenants(): readonly TenantId[]
    snapshot(tenant: TenantId, now: Date): Snapshot | undefined
  }
  readonly poller: { health(router: RouterKey): RouterHealth | undefined }
  /** The routers that are read here. */
  readonly books: { get(router: RouterKey): Pick<RouterBook, 'crowding'> | undefined }
  readonly commits: { readonly isUp: boolean }
  readonly journal: { state(): { readonly kind: 'writing' | 'failing' } }
  /** Who reads what. */
  readonly spread: Pick<Membership, 'members' | 'ownerOf' | 'self'>
  /** The journal's directory, which no other daemon uses. */
  readonly directory: string
  readonly readiness: Readiness
  readonly verifier: TokenVerifier
  readonly clock: Clock
  readonly log: Logger
}

/** Only the daemon's user can connect, without a token. */
const strangers = {
  limit: () => undefined,
  known: () => {},
  failed: (_: unknown, reply: Reply) => reply,
}

/** Answers the daemon's own commands on a Unix socket that only its user may open. */
export class Control implements Component {
  readonly #options: ControlOptions
  readonly #startedAt: Date
  #server: HttpServer | undefined

  constructor(options: ControlOptions) {
    this.#options = options
    this.#startedAt = options.clock.now()
  }

  /** Opens the socket. If that fails, it is logged, and the daemon runs without it. */
  async start(): Promise<void> {
    const { directory, readiness, verifier, clock, log } = this.#options
    const path = controlSocketOf(directory)
    if (path === undefined) {
      log.warn(
        { directory },
        'the path of the journal is too long for a socket: `tikmeter status` will not work',
      )
      return
    }
    const server = new HttpServer({
      at: { kind: 'socket', path },
      tls: undefined,
      api: createApi({
        routes: [statusRoute(() => this.#status()), ...healthRoutes(readiness)],
        ...{ origins: [], verifier, bearers: new Bearers(verifier), strangers, log },
        strictTransportMs: () => undefined,
      }),
      ...{ upgrades: new Map(), connections: undefined },
      ...{ clock, log },
    })
    this.#server = server
    try {
      await server.start()
    } catch (error) {
      log.warn(
        { path, err: errorFields(error) },
        'the socket cannot be created: `tikmeter status` will not work',
      )
    }
  }

  async stop(): Promise<void> {
    await this.#server?.stop()
  }

  #status(): DaemonStatus {
    const { board, poller, books, spread, commits, journal, clock } = this.#options
    const now = clock.now()
    const snapshots = board.tenants().flatMap(tenant => board.snapshot(tenant, now) ?? [])
    return {
      version: VERSION,
      as_of: now.toISOString(),
      started_at: this.#startedAt.toISOString(),
      database: commits.isUp ? 'up' : 'down',
      journal: journal.state().kind,
      daemons: spread.members.map(it => memberStatus(it, spread.self)),
      routers: snapshots.flatMap(({ tenant, routers }) =>
        routers.map((router): RouterStatus => {
          const key = routerKey(tenant, router.id)
          const health = poller.health(key)
          const book = books.get(key)
          const near = book ? limitUsesOf(book, health).filter(isNear) : []
          const { id, ...its } = router
          return {
            ...{ tenant, router: id, ...its },
            is_here: health !== undefined,
            daemon: (health ? spread.self : spread.ownerOf(key)) ?? null,
            latency_ms: health?.latencyMs ?? null,
            failures: health?.failures ?? 0,
            ...(near.length > 0 ? { near_limits: near } : {}),
          }
        }),
      ),
    }
  }
}

function memberStatus(
  { startedAt, seenAt, isLive, listDigest: _, ...its }: Member,
  self: string,
): MemberStatus {
  return {
    ...its,
    version: its.version ?? null,
    started_at: startedAt.toISOString(),
    seen_at: seenAt.toISOString(),
    is_live: isLive,
    is_here: its.id === self,
  }
}
