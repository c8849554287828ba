import type { IncomingHttpHeaders } from 'node:http'
import { type Agent, get } from 'node:https'
import { TLSSocket } from 'node:tls'

export interface SecureAnswer {
  readonly headers: IncomingHttpHeaders
  /** The serial number of the server's certificate. */
  readonly serialNumber: string
}

/**
 * Requests over HTTPS without verifying the certificate.
 * @param agent keeps connections; `false`: a new connection
 */
export function askSecurely(
  port: number | undefined,
  path: string,
  agent: Agent | false = false,
): Promise<SecureAnswer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, rejectUnauthorized: false, agent }
    get(options, response => {
      const { headers, socket } = response
      if (!(socket instanceof TLSSocket)) throw new Error('this is not HTTPS')
      const { serialNumber } = socket.getPeerCertificate()
      response.resume().on('end', () => resolve({ headers, serialNumber }))
    }).on('error', reject)
  })
}
