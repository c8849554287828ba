import type { Bytes } from '../../../src/accounting/bytes.ts'
import { type Name, utf8, windows1252 } from './name.ts'
import { PPP_PROTOCOLS, type PppProtocol } from './ppp-interface.ts'
import { type Random, seededRandom, wholeBelow } from './random.ts'
import { IDLE, type Traffic, varyingTraffic } from './traffic.ts'

/** A subscriber who logs in from time to time with one device. Twins have one name and two devices. */
export interface Subscriber {
  readonly name: Name
  readonly protocol: 'hotspot' | PppProtocol
  readonly macAddress: string
  /** The address from which a tunnel comes. */
  readonly publicAddress: string
}

/** Names that need every byte, and names that look like something else. */
const ODD_NAMES: readonly Name[] = [
  utf8('josé@wisp'),
  utf8('ann smith'),
  utf8('<x>'),
  utf8('сергей'),
  utf8('Ágnes'),
  windows1252('João'),
  windows1252('Zoë’s café'),
  utf8('a=b'),
  utf8('ann'),
  utf8('ann-1'),
  utf8('=.id=*1'),
]

const MAC_PREFIX = { hotspot: '02:AA', ppp: '02:BB' } as const

export interface SubscribersOf {
  readonly service: 'hotspot' | 'ppp'
  /** The router's number in the fleet. */
  readonly router: number
  readonly count: number
  /** Whether the first subscribers have the odd names, which are the same on each router that has them. */
  readonly hasOddNames: boolean
}

/** Makes the subscribers; every eighth has a twin. */
export function makeSubscribers({
  service,
  router,
  count,
  hasOddNames,
}: SubscribersOf): readonly Subscriber[] {
  const subscribers: Subscriber[] = []
  for (let i = 0; i < count; i++) {
    // Each eighth is the same person as the one before.
    const person = i - Math.floor((i + 1) / 8)
    subscribers.push({
      name: (hasOddNames ? ODD_NAMES[person] : undefined) ?? utf8(`${service}-${router}-${person}`),
      protocol: service === 'hotspot' ? 'hotspot' : protocolOf(person),
      macAddress: `${MAC_PREFIX[service]}:${hex(router)}:${hex(i >> 16)}:${hex(i >> 8)}:${hex(i)}`,
      publicAddress: `198.${18 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`,
    })
  }
  return subscribers
}

/** Most use PPPoE, as in the field. */
function protocolOf(person: number): PppProtocol {
  return person % 4 === 0 ? (PPP_PROTOCOLS[(person / 4) % PPP_PROTOCOLS.length] ?? 'pppoe') : 'pppoe'
}

function hex(byte: number): string {
  return (byte & 255).toString(16).padStart(2, '0').toUpperCase()
}

/** Traffic between zero and twice `mean` (bytes a second) in every second; one session in twelve has none. */
export function makeTraffic(random: Random, mean: Bytes): Traffic {
  if (wholeBelow(random, 12) === 0) return IDLE
  const seed = wholeBelow(random, 2 ** 32)
  const share = 2 * seededRandom(seed)()
  const rate = { upload: Math.round(mean.upload * share), download: Math.round(mean.download * share) }
  return varyingTraffic(seed, rate)
}
