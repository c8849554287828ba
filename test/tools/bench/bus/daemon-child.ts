import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '@nats-io/transport-node'
import { Calendar } from '../../../../src/accounting/calendar.ts'
import { routerId, type TenantId, tenantId } from '../../../../src/accounting/ids.ts'
import { LiveExchange } from '../../../../src/bus/live-exchange.ts'
import { NatsBus } from '../../../../src/bus/nats-bus.ts'
import type { PartRouter, TenantPartsShown } from '../../../../src/live/part.ts'
import type { LiveService } from '../../../../src/live/service.ts'
import { systemClock } from '../../../../src/runtime/clock.ts'
import { createLogger } from '../../../../src/runtime/logger.ts'
import { answerParent } from '../child.ts'
import { cpuMs } from '../measure.ts'
import type { Counts, DaemonQuestion } from './bus-messages.ts'

const INTERVAL_MS = 5_000
const SESSIONS_A_TENANT = 20

/** Tenants with one router each. At every reading all bytes move, and one subscriber in ten comes or goes. */
class BenchBoard {
  readonly shown = new Map<TenantId, Date>()
  readonly #own: ReadonlyMap<TenantId, number>
  readonly #all: readonly TenantId[]
  readonly #calendar = new Calendar('UTC')

  constructor(all: readonly TenantId[], own: readonly TenantId[]) {
    this.#all = all
    this.#own = new Map(own.map((tenant, index) => [tenant, index]))
  }

  tenants(): readonly TenantId[] {
    return this.#all
  }

  calendar(): Calendar {
    return this.#calendar
  }

  snapshot(): undefined {}
  totals(): undefined {}
  sessions(): undefined {}

  part(tenant: TenantId, now: Date): readonly PartRouter[] {
    const index = this.#own.get(tenant)
    if (index === undefined) return []
    const turn = Math.floor(now.getTime() / INTERVAL_MS)
    const bytes = BigInt(turn) * 1_000_003n
    const names = Array.from({ length: SESSIONS_A_TENANT }, (_, n) => `user-${index}-${n < 2 ? turn + n : n}`)
    const live: LiveService = {
      ...{ readAt: now, sessions: SESSIONS_A_TENANT, uncounted: 0, subscribers: new Set(names) },
      ...{ uploadBps: 1e6, downloadBps: 1e7, rates: () => new Map() },
    }
    const sum = { upload: bytes, download: 10n * bytes }
    return [
      {
        ...{ id: routerId('hq'), name: 'HQ', state: 'online', error: undefined, missingMenus: [] },
        ...{ overloaded: undefined, epoch: 1, day: now.toISOString().slice(0, 10) },
        ...{ total: sum, month: sum, today: sum, services: new Map([['ppp', live]]) },
      },
    ]
  }

  setParts(tenant: TenantId, parts: TenantPartsShown): void {
    for (const { routers } of parts.values())
      for (const { services } of routers) {
        const readAt = services.get('ppp')?.readAt
        if (readAt) this.shown.set(tenant, readAt)
      }
  }
}

let bus: NatsBus | undefined
let board: BenchBoard | undefined
let bare = { published: 0, bytes: 0 }
/** Taken whenever the newest part of a watched tenant is about to be replaced. */
const agesMs: number[] = []

answerParent<DaemonQuestion>(async question => {
  switch (question.kind) {
    case 'begin':
      return begin(question)
    case 'bare':
      return publishBare(question)
    case 'counts':
      return counts()
    default:
      return question satisfies never
  }
})

async function begin(about: Extract<DaemonQuestion, { kind: 'begin' }>): Promise<void> {
  const { url, number, daemons, tenants, watched } = about
  const clock = systemClock
  const onBug = (error: unknown) => {
    throw error
  }
  bus = new NatsBus({
    ...{ servers: [url], access: {}, tls: undefined, name: `bench ${number}`, clock, onBug },
    log: createLogger('warn'),
  })
  bus.start()
  while (!bus.isUp) await sleep(20)
  const all = Array.from({ length: tenants }, (_, index) => tenantId(`tenant-${index}`))
  const own = all.filter((_, index) => index % daemons === number)
  board = new BenchBoard(all, own)
  const exchange = new LiveExchange({
    ...{ bus, board, self: `daemon-${number}`, run: 1, intervalMs: INTERVAL_MS, clock, onBug },
  })
  exchange.start()
  // Tenants that another daemon reads.
  const foreign = all.filter((_, index) => index % daemons !== number).slice(0, watched)
  const look = () => {
    const now = clock.now()
    for (const tenant of foreign) {
      exchange.snapshot(tenant, now)
      const readAt = board?.shown.get(tenant)
      if (readAt) agesMs.push(now.getTime() - readAt.getTime())
    }
  }
  look()
  setInterval(look, INTERVAL_MS)
}

async function publishBare(about: Extract<DaemonQuestion, { kind: 'bare' }>): Promise<void> {
  const connection = await connect({ servers: about.url, noEcho: true })
  const message = new Uint8Array(about.bytes)
  const aTurn = Math.ceil(about.messages / 50)
  setInterval(() => {
    for (let n = 0; n < aTurn; n++) connection.publish(`bare.${n}`, message)
    bare = { published: bare.published + aTurn, bytes: bare.bytes + aTurn * message.length }
  }, INTERVAL_MS / 50)
}

function counts(): Counts {
  const published = bus?.published ?? bare.published
  return {
    ...{ cpuMs: cpuMs(), published, received: bus?.received ?? 0 },
    ...{ bytes: bus?.publishedBytes ?? bare.bytes, agesMs: agesMs.splice(0) },
  }
}
