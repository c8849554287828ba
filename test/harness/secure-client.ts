import type { IncomingHttpHeaders } from 'node:http'
import { type Agent, get } from 'node:https'
import { TLSSocket } from 'node:tls'

export interface SecureAnswer {
  readonly headers: IncomingHttpHeaders
  /** Of the certificate that it came by. */
  readonly serialNumber: string
}

/**
 * Asks by HTTPS, whoever signed the certificate.
 * @param agent who keeps connections; `false`: one of its own
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
      if (!(socket instanceof TLSSocket)) throw new Error('this is no HTTPS')
      const { serialNumber } = socket.getPeerCertificate()
      response.resume().on('end', () => resolve({ headers, serialNumber }))
    }).on('error', reject)
  })
}
