import type { IncomingHttpHeaders } from 'node:http'
import { addressIn } from './address.ts'
import type { Logger } from './logger.ts'
import { Networks } from './networks.ts'

/** The proxies whose `X-Forwarded-For` is believed. Anybody can send that header. */
export class TrustedProxies {
  readonly #networks: Networks
  readonly #log: Logger
  #hasWarned = false

  /** @param networks addresses, or networks such as `10.0.0.0/8` */
  constructor(networks: readonly string[], log: Logger) {
    this.#networks = new Networks(networks)
    this.#log = log
  }

  /**
   * The address of the client. Each proxy appends the address that it got the request from, so everything to the left of
   * the first address that is not a trusted proxy may be made up.
   */
  clientOf(headers: IncomingHttpHeaders, remoteAddress: string | undefined): string {
    let client = addressIn(remoteAddress ?? '') ?? ''
    const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',')
    if (forwarded === '') return client
    if (!this.isTrusted(client)) {
      this.#warnOf(client)
      return client
    }
    for (const written of forwarded.split(',').reverse()) {
      const address = addressIn(written.trim())
      if (address === undefined) return client
      client = address
      if (!this.isTrusted(client)) return client
    }
    return client
  }

  /** @param address IPv4 in its own form */
  isTrusted(address: string): boolean {
    return this.#networks.has(address)
  }

  /** Warns of an untrusted proxy on this machine. It is probably the operator's, and its clients share one limit. */
  #warnOf(address: string): void {
    if (this.#hasWarned || !isLoopback(address)) return
    this.#hasWarned = true
    const line = `server: { trusted_proxies: ["${address}"] }`
    this.#log.warn(
      { address, line },
      'X-Forwarded-For is not believed: if this is your proxy, add the line to the config',
    )
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}
