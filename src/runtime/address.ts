import { isIP, isIPv6 } from 'node:net'

/** The address in a text, without port and zone. An IPv4 address in IPv6 form becomes IPv4. `undefined` if there is none. */
export function addressIn(text: string): string | undefined {
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text
  const address = bare.replace(/^::ffff:(?=[\d.]+$)/i, '').replace(/%.*/, '')
  return isIP(address) === 0 ? undefined : address
}

/**
 * The unit that limits by address count: an IPv4 address, or the /64 of an IPv6 address, because one host can use all of
 * it.
 * @param address as `addressIn` returns it; other text is returned as it is
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const prefix = groupsOf(address).slice(0, 4)
  return `${prefix.map(it => it.toString(16)).join(':')}::/64`
}

/** The eight groups of an address, as numbers of 16 bits. @param address IPv6 without a zone */
export function groupsOf(address: string): readonly number[] {
  // A URL writes IPv6 in hexadecimal groups only.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const numbers = (text: string) => (text === '' ? [] : text.split(':').map(it => Number.parseInt(it, 16)))
  const [before, after] = [numbers(head), numbers(tail ?? '')]
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
}
