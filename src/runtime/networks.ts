import { BlockList, isIP } from 'node:net'

/** A list of addresses and networks. */
export class Networks {
  readonly #addresses = new Set<string>()
  readonly #list = new BlockList()
  /** Whether an IPv4 address, which has one form, is in the list only if its text is. */
  #isByText = true

  /** @param networks addresses, or networks such as `10.0.0.0/8` and `fd00::/8` */
  constructor(networks: readonly string[]) {
    for (const network of networks) {
      const [address = '', bits] = network.split('/')
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
      if (bits !== undefined || family === 'ipv6') this.#isByText = false
      if (bits === undefined) {
        this.#addresses.add(address)
        this.#list.addAddress(address, family)
      } else this.#list.addSubnet(address, Number(bits), family)
    }
  }

  /** @param address IPv4 in its own form; what is no address is in no list */
  has(address: string): boolean {
    if (this.#addresses.has(address)) return true
    const family = isIP(address)
    if (family === 4 && this.#isByText) return false
    return family !== 0 && this.#list.check(address, family === 6 ? 'ipv6' : 'ipv4')
  }
}
