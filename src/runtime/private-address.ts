import { isIPv6 } from 'node:net'
import { groupsOf } from './address.ts'
import { Networks } from './networks.ts'

/** Networks without hosts on the internet: this machine, private, link-local, multicast and reserved ones. */
const NETWORKS_V4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.168.0.0/16', '198.18.0.0/15', '224.0.0.0/4', '240.0.0.0/4'],
]
/** The same for IPv6, and local NAT64 and Teredo, which contain a hidden IPv4 address. */
const NETWORKS_V6 = [
  '::1/128',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
  '64:ff9b:1::/48',
  '2001::/32',
]

const PRIVATE = new Networks([...NETWORKS_V4, ...NETWORKS_V6])

/**
 * Whether an address belongs to no host on the internet. An IPv6 address that leads to an IPv4 host is judged by that one.
 * @param address IPv4 or IPv6, without brackets
 */
export function isPrivateAddress(address: string): boolean {
  if (!isIPv6(address)) return PRIVATE.has(address)
  const [bare = ''] = address.split('%')
  const carried = carriedIn(groupsOf(bare))
  return PRIVATE.has(bare) || (carried !== undefined && PRIVATE.has(carried))
}

/** The IPv4 address in a mapped, compatible, NAT64 or 6to4 address. */
function carriedIn(groups: readonly number[]): string | undefined {
  const first = groups
    .slice(0, 6)
    .map(it => it.toString(16))
    .join(':')
  const isLast = ['0:0:0:0:0:ffff', '0:0:0:0:0:0', '64:ff9b:0:0:0:0'].includes(first)
  const [high, low] = isLast ? groups.slice(6) : groups[0] === 0x2002 ? groups.slice(1) : []
  if (high === undefined || low === undefined) return undefined
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
}
