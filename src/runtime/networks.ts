import { BlockList, isIP } from 'node:net'

/** A list that checks addresses. @param networks addresses, or networks such as `10.0.0.0/8` and `fd00::/8` */
export function networksOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return list
}
