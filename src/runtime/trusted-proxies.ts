import type { IncomingHttpHeaders } from 'node:http'
import { type BlockList, isIP } from 'node:net'
import { addressIn } from './address.ts'
import type { Logger } from './logger.ts'
import { networksOf } from './networks.ts'

/** Whose word is taken for whom a request comes from: `X-Forwarded-For` is whatever its sender writes. */
export class TrustedProxies {
  readonly #networks: BlockList
  readonly #log: Logger
  #isTold = false

  /** @param networks addresses, or networks such as `10.0.0.0/8` */
  constructor(networks: readonly string[], log: Logger) {
    this.#networks = networksOf(networks)
    this.#log = log
  }

  /**
   * The address of who asks. Each proxy adds the address that it was asked from at the right end, so what stands left of
   * the first that is no proxy of ours may be made up.
   */
  clientOf(headers: IncomingHttpHeaders, remoteAddress: string | undefined): string {
    let client = addressIn(remoteAddress ?? '') ?? ''
    const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',')
    if (forwarded === '') return client
    if (!this.isTrusted(client)) {
      this.#tellOf(client)
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
    const family = isIP(address)
    return family !== 0 && this.#networks.check(address, family === 6 ? 'ipv6' : 'ipv4')
  }

  /** A proxy on this machine is most likely the operator's own; then all of its clients share one address's limits. */
  #tellOf(address: string): void {
    if (this.#isTold || !isLoopback(address)) return
    this.#isTold = true
    const line = `server: { trusted_proxies: ["${address}"] }`
    this.#log.warn(
      { address, line },
      'X-Forwarded-For is not believed: add the line where this is your proxy',
    )
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}
