import type { ServerMessage } from './messages.ts'

/** `unknown`: a message of a newer server, which this client ignores. */
export type Inbound =
  | { readonly kind: 'message'; readonly message: ServerMessage }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'garbage'; readonly reason: string }

type Kind = 'string' | 'number' | 'object' | 'array'

/** The members that a dashboard relies on. Deeper levels are not checked. */
const FIELDS: Readonly<Record<ServerMessage['type'], Readonly<Record<string, Kind>>>> = {
  welcome: { role: 'string', tenants: 'array', interval_ms: 'number', server_version: 'string' },
  snapshot: { tenant: 'string', seq: 'number', as_of: 'string', stats: 'object', routers: 'array' },
  sessions: { tenant: 'string', seq: 'number', as_of: 'string', sessions: 'array' },
  system: { seq: 'number', as_of: 'string', stats: 'object' },
  alert: { tenant: 'string', alert: 'object' },
  error: { code: 'string', message: 'string' },
}

/** @param frame the data of one frame: a string, unless it was binary */
export function readMessage(frame: unknown): Inbound {
  if (typeof frame !== 'string') return { kind: 'garbage', reason: 'a message that is not text' }
  const value = parseJson(frame)
  if (!isObject(value) || typeof value['type'] !== 'string') {
    return { kind: 'garbage', reason: 'a message that is not JSON with a type' }
  }
  if (!Object.hasOwn(FIELDS, value['type'])) return { kind: 'unknown' }
  if (isServerMessage(value)) return { kind: 'message', message: value }
  return { kind: 'garbage', reason: `a ${value['type']} message without all of its members` }
}

function isServerMessage(value: unknown): value is ServerMessage {
  if (!isObject(value)) return false
  const fields = Object.entries(FIELDS).find(([type]) => type === value['type'])?.[1]
  return fields !== undefined && Object.entries(fields).every(([name, kind]) => kindOf(value[name]) === kind)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return kindOf(value) === 'object'
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
