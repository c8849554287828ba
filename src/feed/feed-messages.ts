import type { RawData } from 'ws'
import * as z from 'zod'
import type { AlertJson } from '../accounting/alert.ts'
import type { TenantId } from '../accounting/ids.ts'
import type { RouterJson, SessionJson, Stats } from '../live/snapshot.ts'
import { parseJson } from './parse-json.ts'
import { textFrame } from './text-frame.ts'

/** The feed's messages as JSON. Their names are promises to users. */

/** Larger ones close the connection with 1009. */
export const MAX_MESSAGE_BYTES = 16 * 1024

/** All topics to which clients can subscribe. */
export const TOPICS = ['sessions', 'alerts', 'system'] as const

const topics = z.array(z.enum(TOPICS)).min(1).max(8)

const clientMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('auth'), token: z.string() }),
  z.strictObject({ type: z.literal('subscribe'), topics, tenant: z.string().optional() }),
  z.strictObject({ type: z.literal('unsubscribe'), topics, tenant: z.string().optional() }),
  z.strictObject({ type: z.literal('refresh') }),
])

/** All types of messages from clients. */
export const MESSAGE_TYPES = clientMessage.options.map(({ shape }) => shape.type.value)

export type ClientMessage = z.infer<typeof clientMessage>

export type ServerMessage =
  | {
      readonly type: 'welcome'
      readonly role: 'tenant' | 'admin'
      readonly tenants: readonly TenantId[]
      readonly interval_ms: number
      readonly server_version: string
    }
  | {
      readonly type: 'snapshot'
      readonly tenant: TenantId
      readonly seq: number
      readonly as_of: string
      readonly stats: Stats
      readonly routers: readonly RouterJson[]
    }
  | {
      readonly type: 'sessions'
      readonly tenant: TenantId
      readonly seq: number
      readonly as_of: string
      readonly sessions: readonly SessionJson[]
    }
  | { readonly type: 'system'; readonly seq: number; readonly as_of: string; readonly stats: Stats }
  | { readonly type: 'alert'; readonly tenant: TenantId; readonly alert: AlertJson }
  | { readonly type: 'error'; readonly code: ErrorCode; readonly message: string }

/** All except `bad_message` leave the connection open. */
export type ErrorCode = 'bad_message' | 'too_soon' | 'tenant_required' | 'unknown_tenant'

/** A client's message, or what is wrong with it, for the author of the client. */
export type Inbound =
  | { readonly kind: 'message'; readonly message: ClientMessage }
  | { readonly kind: 'malformed'; readonly reason: string }

export function readMessage(raw: RawData, isBinary: boolean): Inbound {
  if (isBinary) return { kind: 'malformed', reason: 'messages are text, not binary' }
  const parsed = parseJson(raw.toString())
  if (parsed === undefined) return { kind: 'malformed', reason: 'the message is not JSON' }
  const message = clientMessage.safeParse(parsed.json)
  if (message.success) return { kind: 'message', message: message.data }
  const issue = message.error.issues[0]
  const path = issue?.path.join('.') ?? ''
  return { kind: 'malformed', reason: `${path === '' ? '' : `${path}: `}${issue?.message ?? 'wrong shape'}` }
}

/** Encodes a message as one frame, which all recipients share. */
export function encode(message: ServerMessage): Buffer {
  return textFrame(JSON.stringify(message))
}
