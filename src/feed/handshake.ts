import type { IncomingHttpHeaders } from 'node:http'

/** The subprotocol of the feed, the only one ever selected. */
export const SUBPROTOCOL = 'tikmeter.v1'
const TOKEN_PROTOCOL = 'bearer.'
const BEARER = /^bearer +(\S+) *$/i

/**
 * What an upgrade request comes to. A bad token isn't looked at here: a browser's script can't see an HTTP status,
 * so the handshake completes and the connection closes with a code.
 */
export type Handshake =
  | { readonly kind: 'accept'; readonly token: string | undefined }
  | { readonly kind: 'refuse'; readonly status: 400 | 403 | 503 }

/** The query is never read: a token in a URL ends up in logs, so it is no token. */
export function readHandshake(headers: IncomingHttpHeaders, origins: readonly string[]): Handshake {
  if (!isOriginAllowed(headers.origin, headers.host, origins)) return { kind: 'refuse', status: 403 }
  const protocols = offeredProtocols(headers)
  // Who offers none is a simple client, and gets the only version there is.
  if (protocols.length > 0 && !protocols.includes(SUBPROTOCOL)) return { kind: 'refuse', status: 400 }
  return { kind: 'accept', token: bearerToken(headers) ?? protocolToken(protocols) }
}

/**
 * No Origin is no browser; a page of this very host, such as our own dashboard, is at home; every other is on the list,
 * letter by letter. A stranger's page whose name was rebound to our address looks at home too, and gains nothing: no cookie
 * lets anybody in, and the token that does is kept by the dashboard's origin, which the stranger's is not.
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

function bearerToken(headers: IncomingHttpHeaders): string | undefined {
  return BEARER.exec(headers.authorization ?? '')?.[1]
}

function protocolToken(protocols: readonly string[]): string | undefined {
  return protocols.find(protocol => protocol.startsWith(TOKEN_PROTOCOL))?.slice(TOKEN_PROTOCOL.length)
}
