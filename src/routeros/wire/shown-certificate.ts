import { isIP } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import type { RouterError } from '../errors.ts'
import { RouterCertificateRefused, RouterTimeout, RouterUnreachable } from '../errors.ts'
import { Line, type SeenCertificate } from './line.ts'

/**
 * Connects with TLS and looks at the certificate, without logging in: nobody is sent a password before the certificate is
 * known. Any certificate will do.
 * @throws RouterError
 */
export async function shownCertificate(
  { host, port }: { readonly host: string; readonly port: number },
  timeoutMs: number,
  signal: AbortSignal,
): Promise<SeenCertificate> {
  const socket = connect({
    ...{ host, port, rejectUnauthorized: false },
    ...(isIP(host) === 0 ? { servername: host } : {}),
  })
  const line = new Line(socket)
  const late = new RouterTimeout('handshake', `no TLS within ${timeoutMs} ms`)
  const deadline = setTimeout(() => line.end(late), timeoutMs)
  const abort = () => line.end(new RouterUnreachable('stopped'))
  signal.addEventListener('abort', abort)
  try {
    return await Promise.race([shownBy(socket), line.ended])
  } finally {
    clearTimeout(deadline)
    signal.removeEventListener('abort', abort)
    socket.destroy()
  }
}

function shownBy(socket: TLSSocket): Promise<SeenCertificate> {
  return new Promise((resolve, reject: (error: RouterError) => void) => {
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate()
      if (certificate) resolve(seen(certificate))
      else reject(new RouterCertificateRefused('none', 'it has no certificate'))
    })
  })
}

/** @param certificate as Node has it */
export function seen({
  subject,
  validTo,
  fingerprint256,
}: {
  readonly subject: string
  readonly validTo: string
  readonly fingerprint256: string
}): SeenCertificate {
  return {
    subject: subject.replaceAll('\n', ', '),
    validTo: new Date(validTo),
    fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(),
  }
}
