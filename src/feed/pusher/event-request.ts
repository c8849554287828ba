import { createHash, createHmac } from 'node:crypto'
import type { TenantId } from '../../accounting/ids.ts'
import type { Stats } from '../../live/snapshot.ts'
import type { Post } from '../../runtime/post/sender.ts'
import { channelOf } from './app.ts'

/** An app of a Pusher server, and what its HTTP API is signed with. */
export interface PublishedApp {
  readonly host: string
  readonly port: number
  readonly isTls: boolean
  readonly app: string
  readonly key: string
  readonly secret: string
}

/** The stats of a tenant that are to be published. */
export interface TenantStats {
  readonly tenant: TenantId
  readonly stats: Stats
}

/** Pusher takes this many events in a request. */
export const MOST_EVENTS = 10
const EVENT = 'stats.updated'

/** Makes the request that publishes the stats of 1 to `MOST_EVENTS` tenants. */
export function eventRequest(target: PublishedApp, all: readonly TenantStats[], at: Date): Post {
  const { host, port, isTls, app } = target
  const events = all.map(({ tenant, stats }) => ({
    ...{ name: EVENT, channel: channelOf(tenant), data: JSON.stringify({ stats }) },
  }))
  const [first] = events
  // Old servers know only the first of the two.
  const isSingle = events.length === 1 && first !== undefined
  const path = `/apps/${encodeURIComponent(app)}/${isSingle ? 'events' : 'batch_events'}`
  const body = JSON.stringify(
    isSingle ? { name: first.name, channels: [first.channel], data: first.data } : { batch: events },
  )
  const bare = host.includes(':') ? `[${host}]` : host
  const url = `${isTls ? 'https' : 'http'}://${bare}:${port}${path}?${signedQuery(target, path, body, at)}`
  return { url, isPrivateAllowed: true, headers: {}, body }
}

/** Signs method, path, and the query's parameters in alphabetical order; the body by its MD5. */
function signedQuery({ key, secret }: PublishedApp, path: string, body: string, at: Date): string {
  const md5 = createHash('md5').update(body).digest('hex')
  const seconds = Math.floor(at.getTime() / 1_000)
  const query = `auth_key=${key}&auth_timestamp=${seconds}&auth_version=1.0&body_md5=${md5}`
  const signature = createHmac('sha256', secret).update(`POST\n${path}\n${query}`).digest('hex')
  return `${query}&auth_signature=${signature}`
}
