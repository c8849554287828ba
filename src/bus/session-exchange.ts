import * as z from 'zod'
import { routerId, sessionId, type TenantId } from '../accounting/ids.ts'
import type { SessionJson } from '../live/snapshot.ts'
import { Block } from '../runtime/block.ts'
import type { Clock } from '../runtime/clock.ts'
import { type Bus, SUBJECTS, tenantIn } from './bus.ts'
import { Assembly, piecesOf } from './pieces.ts'

export interface SessionExchangeOptions {
  readonly bus: Bus
  readonly board: {
    calendar(tenant: TenantId): object | undefined
    sessions(tenant: TenantId, now: Date): Iterable<SessionJson> | undefined
  }
  /** This daemon's id. */
  readonly self: string
  /** Of this process. */
  readonly run: number
  /** How often a tenant's sessions are asked for while somebody watches them. */
  readonly intervalMs: number
  readonly clock: Clock
}

/** Enough for a million sessions. */
const MOST_BYTES = 512 * 1024 * 1024
const MOST_DAEMONS = 64
/** A daemon that has not answered by then is left out. */
const ANSWER_WITHIN_MS = 10_000
/** Sessions in a message. */
const SESSIONS_A_MESSAGE = 2_000
/** Answers about one tenant at the same time; further questions are ignored and will be asked again. */
const MOST_ANSWERS = 4
/** A tenant whose sessions nobody has asked for in so many intervals is forgotten. */
const LINGER = 3

const text = z.string().max(1_000)
const bytes = z.number().nonnegative()
const SESSION = z.object({
  id: text.transform(sessionId),
  service: text,
  username: text,
  router: text.transform(routerId),
  ip_address: text.nullable(),
  mac_address: text.nullable(),
  start_time: text,
  upload: bytes,
  download: bytes,
  upload_bps: bytes,
  download_bps: bytes,
})
const SESSIONS = z.object({ sessions: z.array(SESSION), is_last: z.boolean() })

interface Watched {
  /** What each daemon answered last. */
  readonly answers: Map<string, readonly SessionJson[]>
  askedMs: number
  touchedMs: number
  close: () => void
}

/** Asks the daemons that publish parts of a tenant for its sessions, and answers when they ask. */
export class SessionExchange {
  readonly #options: SessionExchangeOptions
  readonly #watched = new Map<TenantId, Watched>()
  readonly #answering = new Map<TenantId, number>()
  #close: () => void = () => {}
  #isStopped = false

  constructor(options: SessionExchangeOptions) {
    this.#options = options
  }

  start(): void {
    const { bus } = this.#options
    this.#close = bus.subscribe(SUBJECTS.anySessions, (message, subject) => {
      void this.#answer(tenantIn(subject), Buffer.from(message).toString('latin1'))
    })
  }

  stop(): void {
    this.#isStopped = true
    this.#close()
    for (const tenant of [...this.#watched.keys()]) this.#forget(tenant)
  }

  /** The tenant's sessions here, and those from the last answers of other daemons, which are asked again. */
  *addTo(own: Iterable<SessionJson>, tenant: TenantId, daemons: readonly string[]): Iterable<SessionJson> {
    this.#ask(tenant, daemons)
    const answers = this.#watched.get(tenant)?.answers
    const ids = new Set<string>()
    for (const session of own) {
      ids.add(session.id)
      yield session
    }
    // A router that has just moved is answered by both.
    for (const daemon of daemons)
      for (const session of answers?.get(daemon) ?? []) {
        if (ids.has(session.id)) continue
        ids.add(session.id)
        yield session
      }
  }

  forgetUnasked(): void {
    const { clock, intervalMs } = this.#options
    for (const [tenant, { touchedMs }] of this.#watched)
      if (clock.steadyMs() - touchedMs > LINGER * intervalMs) this.#forget(tenant)
  }

  #forget(tenant: TenantId): void {
    this.#watched.get(tenant)?.close()
    this.#watched.delete(tenant)
  }

  #ask(tenant: TenantId, daemons: readonly string[]): void {
    const { clock, intervalMs } = this.#options
    const nowMs = clock.steadyMs()
    const watched = this.#watched.get(tenant) ?? {
      ...{ answers: new Map(), askedMs: Number.NEGATIVE_INFINITY, touchedMs: nowMs, close: () => {} },
    }
    watched.touchedMs = nowMs
    this.#watched.set(tenant, watched)
    for (const daemon of watched.answers.keys()) if (!daemons.includes(daemon)) watched.answers.delete(daemon)
    if (daemons.length === 0 || nowMs - watched.askedMs < intervalMs / 2) return
    watched.askedMs = nowMs
    watched.close()
    watched.close = this.#listen(tenant, watched)
  }

  /** Listens to the answers to one question. */
  #listen(tenant: TenantId, watched: Watched): () => void {
    const { bus, clock } = this.#options
    const assembly = new Assembly({ mostBytes: MOST_BYTES, mostSenders: MOST_DAEMONS })
    const coming = new Map<string, SessionJson[]>()
    const untilMs = clock.steadyMs() + ANSWER_WITHIN_MS
    const { subject, close } = bus.inbox(piece => {
      const message = assembly.take(piece)
      if (!message || clock.steadyMs() > untilMs) return
      const read = readSessions(message.body)
      if (!read) return
      const sessions = coming.get(message.daemon) ?? []
      coming.set(message.daemon, sessions)
      for (const session of read.sessions) sessions.push(session)
      if (!read.is_last) return
      watched.answers.set(message.daemon, sessions)
      coming.delete(message.daemon)
    })
    bus.publish(SUBJECTS.sessions(tenant), Buffer.from(subject, 'latin1'))
    return close
  }

  /** @param inbox the subject of the one who asks */
  async #answer(name: string, inbox: string): Promise<void> {
    const { board, clock, bus, self, run } = this.#options
    const tenant = name as TenantId
    const underWay = this.#answering.get(tenant) ?? 0
    if (!board.calendar(tenant) || underWay >= MOST_ANSWERS || !/^_INBOX\.[\w.]{1,100}$/.test(inbox)) return
    this.#answering.set(tenant, underWay + 1)
    try {
      let number = 0
      const send = (sessions: readonly SessionJson[], isLast: boolean) => {
        const body = Buffer.from(JSON.stringify({ sessions, is_last: isLast }))
        for (const piece of piecesOf({ daemon: self, run, number: number++ }, body, bus.mostBytes))
          bus.publish(inbox, piece)
      }
      const block = new Block(clock)
      let sessions: SessionJson[] = []
      for (const session of board.sessions(tenant, clock.now()) ?? []) {
        if (block.isTooLong) await block.pause()
        if (this.#isStopped) return
        sessions.push(session)
        if (sessions.length < SESSIONS_A_MESSAGE) continue
        send(sessions, false)
        sessions = []
      }
      send(sessions, true)
    } finally {
      const left = (this.#answering.get(tenant) ?? 1) - 1
      if (left === 0) this.#answering.delete(tenant)
      else this.#answering.set(tenant, left)
    }
  }
}

function readSessions(body: Buffer): z.infer<typeof SESSIONS> | undefined {
  try {
    return SESSIONS.safeParse(JSON.parse(body.toString('utf8'))).data
  } catch {
    return undefined // Not JSON, or an id that is none.
  }
}
