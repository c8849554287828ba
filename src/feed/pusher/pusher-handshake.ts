import type { IncomingHttpHeaders } from 'node:http'
import { isOriginAllowed } from '../handshake.ts'
import { PUSHER_CODE, type PusherFault } from './codes.ts'

const VERSION = '7'

/**
 * Checks a request for `/app/{key}?protocol=7`. A fault is reported after the connection is made: a script in a browser
 * cannot see an HTTP status and would retry for ever.
 */
export function handshakeFault(
  { url, headers }: { readonly url?: string | undefined; readonly headers: IncomingHttpHeaders },
  key: string,
  origins: readonly string[],
): PusherFault | undefined {
  const [path = '', query = ''] = (url ?? '').split('?', 2)
  if (path.split('/').at(-1) !== key) return { code: PUSHER_CODE.unknownKey, reason: 'there is no such key' }
  if (!isOriginAllowed(headers.origin, headers.host, origins)) {
    return { code: PUSHER_CODE.unauthorised, reason: 'the page is not on server.origins' }
  }
  const version = new URLSearchParams(query).get('protocol')
  if (version === null) return { code: PUSHER_CODE.noVersion, reason: 'no protocol version: ?protocol=7' }
  if (!/^\d+$/.test(version))
    return { code: PUSHER_CODE.badVersion, reason: 'the protocol version is not a number' }
  if (version !== VERSION)
    return { code: PUSHER_CODE.unsupportedVersion, reason: 'only protocol 7 is supported' }
  return undefined
}
