import type { RequestListener } from 'node:http'
import { TLSSocket } from 'node:tls'

/**
 * Has each answer by HTTPS tell browsers to come by HTTPS alone (RFC 6797); by plain HTTP they would not believe it.
 * @param maxAgeMs for how long, in whole seconds; `undefined`: nothing is told. Asked at each request
 */
export function strictTransport(
  listener: RequestListener,
  maxAgeMs: () => number | undefined,
): RequestListener {
  return (request, response) => {
    const ms = request.socket instanceof TLSSocket ? maxAgeMs() : undefined
    if (ms !== undefined) response.setHeader('Strict-Transport-Security', `max-age=${ms / 1000}`)
    return listener(request, response)
  }
}
