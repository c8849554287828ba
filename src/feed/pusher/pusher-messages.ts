import type { RawData } from 'ws'
import * as z from 'zod'
import type { TenantId } from '../../accounting/ids.ts'
import type { Stats } from '../../live/snapshot.ts'
import { parseJson } from '../parse-json.ts'
import { textFrame } from '../text-frame.ts'
import { channelOf } from './app.ts'
import type { PusherFault } from './codes.ts'

/** Pusher's messages: JSON in which `data` is a string of JSON. Clients may also send it as plain JSON. */

const envelope = z.object({ event: z.string(), data: z.unknown().optional() })
const channelData = z.object({ channel: z.string(), auth: z.string().default('') })

/** A client's message. `wrong` leaves the connection open; `malformed` closes it. */
export type PusherInbound =
  | { readonly kind: 'ping' }
  | { readonly kind: 'pong' }
  /** `auth` is empty for a public channel. */
  | { readonly kind: 'subscribe'; readonly channel: string; readonly auth: string }
  | { readonly kind: 'unsubscribe'; readonly channel: string }
  | { readonly kind: 'wrong'; readonly reason: string }
  | { readonly kind: 'malformed'; readonly reason: string }

export function readPusherMessage(raw: RawData, isBinary: boolean): PusherInbound {
  if (isBinary) return { kind: 'malformed', reason: 'messages are text, not binary' }
  const parsed = envelope.safeParse(parseJson(raw.toString())?.json)
  if (!parsed.success) return { kind: 'malformed', reason: 'the message is not JSON with an event' }
  const { event, data } = parsed.data
  switch (event) {
    case 'pusher:ping':
      return { kind: 'ping' }
    case 'pusher:pong':
      return { kind: 'pong' }
    case 'pusher:subscribe':
    case 'pusher:unsubscribe': {
      const named = channelData.safeParse(typeof data === 'string' ? parseJson(data)?.json : data)
      if (!named.success) return { kind: 'wrong', reason: `${event} names a channel in its data` }
      const { channel, auth } = named.data
      return event === 'pusher:subscribe'
        ? { kind: 'subscribe', channel, auth }
        : { kind: 'unsubscribe', channel }
    }
    default:
      return event.startsWith('client-')
        ? { kind: 'wrong', reason: 'client events are not supported' }
        : { kind: 'wrong', reason: 'unknown event' }
  }
}

/** Dashboards listen for one of these names; both events carry the same numbers. */
const EVENTS = ['stats.updated', 'DashboardStatsUpdated']

export function establishedFrame(socketId: string, activityTimeoutSeconds: number): Buffer {
  const data = JSON.stringify({ socket_id: socketId, activity_timeout: activityTimeoutSeconds })
  return frame({ event: 'pusher:connection_established', data })
}

export function subscribedFrame(channel: string): Buffer {
  return frame({ event: 'pusher_internal:subscription_succeeded', channel, data: '{}' })
}

/** For listeners on the channel, in the shape that Pusher's clients use for their own refusals. */
export function refusedFrame(channel: string, reason: string): Buffer {
  const data = JSON.stringify({ type: 'AuthError', error: reason, status: 403 })
  return frame({ event: 'pusher:subscription_error', channel, data })
}

/** A tenant's stats for Pusher clients: two whole WebSocket frames in one buffer. */
export function statsFrame(tenant: TenantId, stats: Stats): Buffer {
  const channel = JSON.stringify(channelOf(tenant))
  const content = JSON.stringify(JSON.stringify({ stats }))
  return Buffer.concat(
    EVENTS.map(event => textFrame(`{"event":"${event}","channel":${channel},"data":${content}}`)),
  )
}

/** Here `data` is an object, as in Pusher's protocol. */
export function errorFrame(code: PusherFault['code'] | null, message: string): Buffer {
  return frame({ event: 'pusher:error', data: { code, message } })
}

export const PING_FRAME = frame({ event: 'pusher:ping', data: '{}' })
export const PONG_FRAME = frame({ event: 'pusher:pong', data: '{}' })

function frame(message: object): Buffer {
  return textFrame(JSON.stringify(message))
}
