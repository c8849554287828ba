import { connect } from 'node:net'
import { RouterCertificateRefused, RouterError } from '../routeros/errors.ts'
import type { SeenCertificate } from '../routeros/wire/line.ts'
import { shownCertificate } from '../routeros/wire/shown-certificate.ts'
import type { Terminal } from './terminal.ts'

/** How the API of a router can be reached. */
export interface Reached {
  readonly port: number
  /** Whether the config need not name the port. */
  readonly isUsualPort: boolean
  /** `undefined`: without TLS. */
  readonly certificate: SeenCertificate | undefined
  /** Why there is no TLS. */
  readonly why: string
}

const TLS_PORT = 8729
const PORT = 8728
const TIMEOUT_MS = 5_000

/**
 * Looks for the API of a router, with TLS if it has that. Nothing is sent to it yet.
 * @returns `undefined` if there is none; the terminal shows why
 */
export async function reach(of: {
  readonly host: string
  readonly port: number | undefined
  readonly terminal: Terminal
  readonly signal: AbortSignal
}): Promise<Reached | undefined> {
  const { host, port, terminal, signal } = of
  const tlsPort = port ?? TLS_PORT
  const why = await shownCertificate({ host, port: tlsPort }, TIMEOUT_MS, signal).catch((error: unknown) => {
    if (error instanceof RouterError) return error
    throw error
  })
  if (!(why instanceof RouterError))
    return { port: tlsPort, isUsualPort: tlsPort === TLS_PORT, certificate: why, why: '' }
  const plainPort = port ?? PORT
  const isOpen = await isListening(host, plainPort, signal)
  const reason =
    why instanceof RouterCertificateRefused
      ? 'its api-ssl has no certificate'
      : `port ${tlsPort}: ${why.message}`
  if (isOpen) return { port: plainPort, isUsualPort: plainPort === PORT, certificate: undefined, why: reason }
  const ports = port === undefined ? `${TLS_PORT} and ${PORT}` : String(port)
  terminal.print(
    `no API at ${host}, port ${ports}: ${why.message}\n` +
      '  → paste config/router-setup.rsc on the router, and check that no firewall is between',
  )
  return undefined
}

function isListening(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host, port, timeout: TIMEOUT_MS })
    const end = (isOpen: boolean) => {
      signal.removeEventListener('abort', stop)
      socket.destroy()
      resolve(isOpen)
    }
    const stop = () => end(false)
    signal.addEventListener('abort', stop)
    socket.once('connect', () => end(true))
    socket.once('error', stop)
    socket.once('timeout', stop)
  })
}
