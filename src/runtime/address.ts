import { isIP, isIPv6 } from 'node:net'

/** IPv4 in its own form, however it is written; a port and a zone are left out. `undefined` for what is no address. */
export function addressIn(text: string): string | undefined {
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text
  const address = bare.replace(/^::ffff:(?=[\d.]+$)/i, '').replace(/%.*/, '')
  return isIP(address) === 0 ? undefined : address
}

/**
 * What limits by address count as one: an IPv4 address, or the /64 that an IPv6 address is in, all of which one host can
 * use.
 * @param address as `addressIn` gives it; other text is counted as it is
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const prefix = groupsOf(address).slice(0, 4)
  return `${prefix.map(it => it.toString(16)).join(':')}::/64`
}

/** Eight numbers, each of 16 bits. @param address IPv6 without a zone */
export function groupsOf(address: string): readonly number[] {
  // A URL writes IPv6 in hexadecimal groups only.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const numbers = (text: string) => (text === '' ? [] : text.split(':').map(it => Number.parseInt(it, 16)))
  const [before, after] = [numbers(head), numbers(tail ?? '')]
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
}
