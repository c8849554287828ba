import type { IncomingHttpHeaders } from 'node:http'
import { bearerToken } from '../auth/bearer.ts'

/** The subprotocol of the feed, the only one that is ever selected. */
export const SUBPROTOCOL = 'tikmeter.v1'
const TOKEN_PROTOCOL = 'bearer.'

/**
 * The result of an upgrade request. Tokens are not verified here: a script in a browser cannot see an HTTP status, so
 * the handshake completes and the connection is then closed with a code.
 */
export type Handshake =
  | { readonly kind: 'accept'; readonly token: string | undefined }
  | { readonly kind: 'refuse'; readonly status: 400 | 403 | 503 }

/** Reads an upgrade request. It ignores the query, because a token in a URL would end up in logs. */
export function readHandshake(headers: IncomingHttpHeaders, origins: readonly string[]): Handshake {
  if (!isOriginAllowed(headers.origin, headers.host, origins)) return { kind: 'refuse', status: 403 }
  const protocols = offeredProtocols(headers)
  // A client that offers none is a simple one and gets the only version there is.
  if (protocols.length > 0 && !protocols.includes(SUBPROTOCOL)) return { kind: 'refuse', status: 400 }
  return { kind: 'accept', token: bearerToken(headers) ?? protocolToken(protocols) }
}

/**
 * A request without `Origin` does not come from a browser. A page of this host, such as our own dashboard, is allowed;
 * other origins must be listed exactly. A foreign page whose name was rebound to our address passes too, but gains
 * nothing: there are no cookies, and the token is stored under the dashboard's origin.
 */
export function isOriginAllowed(
  origin: string | undefined,
  host: string | undefined,
  origins: readonly string[],
): boolean {
  if (origin === undefined || origins.includes(origin)) return true
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host.toLowerCase()
}

function offeredProtocols(headers: IncomingHttpHeaders): readonly string[] {
  const offered = headers['sec-websocket-protocol']
  return offered === undefined ? [] : offered.split(',').map(protocol => protocol.trim())
}

function protocolToken(protocols: readonly string[]): string | undefined {
  return protocols.find(protocol => protocol.startsWith(TOKEN_PROTOCOL))?.slice(TOKEN_PROTOCOL.length)
}
