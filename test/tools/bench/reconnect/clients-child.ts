import { createRequire } from 'node:module'
import type PusherModule from 'pusher-js'
import { WebSocket } from 'ws'
import { tenantId } from '../../../../src/accounting/ids.ts'
import { signToken } from '../../../../src/auth/tokens.ts'
import { connectFeed, type Feed, type FeedSocketConstructor } from '../../../../src/client/feed.ts'
import { channelOf } from '../../../../src/feed/pusher/app.ts'
import { systemClock } from '../../../../src/runtime/clock.ts'
import { SECRET } from '../../../system/daemon/scene.ts'
import { answerParent } from '../child.ts'
import type { ClientsQuestion, Crowd, Live } from './reconnect-messages.ts'

/** The process of the dashboards: `tikmeter/client` as published, and pusher-js unmodified. */

/** The build for Node exports the class itself, although its types say that it is a default export. */
const load = createRequire(import.meta.url)
const Pusher: typeof PusherModule.default = load('pusher-js')

const LOOK_EVERY_MS = 20
const CONNECTED_WITHIN_MS = 120_000
/** One client in this many also subscribes to sessions. */
const SESSIONS_EVERY = 4

/** When its first snapshot from after an instant arrived. */
class Arrival {
  #sinceMs = 0
  #atMs: number | undefined

  get atMs(): number | undefined {
    return this.#atMs
  }

  expect(sinceMs: number): void {
    this.#sinceMs = sinceMs
    this.#atMs = undefined
  }

  take(asOf: string): void {
    if (this.#atMs === undefined && Date.parse(asOf) > this.#sinceMs) this.#atMs = Date.now()
  }
}

const feeds: Arrival[] = []
const pushers: Arrival[] = []
let attempts = 0
const ends = new Map<string, number>()

answerParent((question: ClientsQuestion) => {
  switch (question.kind) {
    case 'connect':
      return connectAll(question.port, question.crowd)
    case 'await':
      return live(question.sinceMs, question.withinMs)
    default:
      return question satisfies never
  }
})

async function connectAll(port: number, { tenants, pusher }: Crowd): Promise<Live> {
  const expiresAt = new Date(Date.now() + 86_400_000)
  const tokens = await Promise.all(
    tenants.map(({ id }) => signToken({ kind: 'tenant', tenant: tenantId(id), expiresAt }, SECRET)),
  )
  tenants.forEach(({ clients }, number) => {
    const token = tokens[number] ?? ''
    for (let count = 0; count < clients; count++) {
      const feed = connectFeed({
        url: `ws://127.0.0.1:${port}/ws`,
        token: async () => token,
        WebSocket: socketFrom(addressOf(feeds.length)),
      })
      if (feeds.length % SESSIONS_EVERY === 0) feed.subscribe('sessions')
      feeds.push(watched(feed))
    }
  })
  for (let number = 0; number < pusher.clients; number++) {
    const at = number % tenants.length
    pushers.push(watchedPusher(port, pusher.key, tenants[at]?.id ?? '', tokens[at] ?? ''))
  }
  return live(0, CONNECTED_WITHIN_MS)
}

/** Each dashboard has its own address behind a local proxy, because an address may have two hundred connections. */
function addressOf(number: number): string {
  return `10.0.${number >> 8}.${number & 255}`
}

function socketFrom(address: string): FeedSocketConstructor {
  return class extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, { headers: { 'X-Forwarded-For': address }, perMessageDeflate: false })
    }
  }
}

function watched(feed: Feed): Arrival {
  const arrival = new Arrival()
  feed.on('snapshot', ({ as_of }) => arrival.take(as_of))
  feed.on('state', state => {
    if (state.kind === 'connecting') attempts++
    if (state.kind !== 'waiting' && state.kind !== 'closed') return
    const end = state.why?.kind === 'closed' ? `closed ${state.why.code}` : (state.why?.kind ?? 'closed')
    ends.set(end, (ends.get(end) ?? 0) + 1)
  })
  return arrival
}

function watchedPusher(port: number, key: string, tenant: string, token: string): Arrival {
  const arrival = new Arrival()
  const client = new Pusher(key, {
    ...{ cluster: '', wsHost: '127.0.0.1', wsPort: port, forceTLS: false, enabledTransports: ['ws'] },
    channelAuthorization: {
      endpoint: `http://127.0.0.1:${port}/broadcasting/auth`,
      transport: 'ajax',
      headers: { Authorization: `Bearer ${token}` },
    },
  })
  client
    .subscribe(channelOf(tenant))
    .bind('stats.updated', ({ stats }: { readonly stats: { readonly last_updated: string } }) =>
      arrival.take(stats.last_updated),
    )
  return arrival
}

async function live(sinceMs: number, withinMs: number): Promise<Live> {
  const all = [...feeds, ...pushers]
  if (sinceMs > 0) {
    attempts = 0
    ends.clear()
    for (const arrival of all) arrival.expect(sinceMs)
  }
  const untilMs = systemClock.steadyMs() + withinMs
  while (all.some(({ atMs }) => atMs === undefined) && systemClock.steadyMs() < untilMs)
    await systemClock.sleep(LOOK_EVERY_MS, new AbortController().signal)
  const those = (arrivals: readonly Arrival[]) => arrivals.flatMap(({ atMs }) => atMs ?? [])
  return { feedAtMs: those(feeds), pusherAtMs: those(pushers), attempts, ends: Object.fromEntries(ends) }
}
