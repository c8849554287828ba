import type { SimulatedService } from '../../../../harness/services.ts'
import type { Subscriber } from './subscribers.ts'

/**
 * A property of a row:
 *
 *     fixed       constant for the whole session
 *     the others  different in each reply, and written when it is sent
 */
export type Property =
  | { readonly kind: 'fixed'; readonly of: (subscriber: Subscriber) => string }
  | { readonly kind: 'uptime' | 'upload' | 'download' }

/** The properties of a subscriber that a menu shows. */
export interface SessionMenu {
  readonly service: SimulatedService
  readonly properties: ReadonlyMap<string, Property>
}

const UPTIME = { kind: 'uptime' } as const
const UPLOAD = { kind: 'upload' } as const
const DOWNLOAD = { kind: 'download' } as const

/** One guest in so many is online at several routers: at all whose numbers differ by a multiple of `ROAMING_STEP`. */
const ROAMING_EVERY = 20
const ROAMING_STEP = 20

/** A name is only once on a router. */
export function usernameOf(service: SimulatedService, { router, number }: Omit<Subscriber, 'place'>): string {
  if (service !== 'hotspot') return `home-${router}-${number}`
  return number % ROAMING_EVERY === 0
    ? `roaming-${router % ROAMING_STEP}-${number}`
    : `guest-${router}-${number}`
}

/** The number of the subscriber with this name, on their router. */
export function numberOf(username: string): number {
  return Number(username.split('-').at(-1))
}

/** The menus that list subscribers, by path. As recorded in routeros.md, from a 7.20. */
export const SESSION_MENUS: ReadonlyMap<string, SessionMenu> = new Map([
  [
    '/ip/hotspot/active',
    {
      service: 'hotspot',
      properties: new Map<string, Property>([
        ['.id', fixed(it => `*${addressBytes(it).map(hex).join('')}`)],
        ['server', fixed(() => 'hotspot1')],
        ['user', fixed(it => usernameOf('hotspot', it))],
        ['address', fixed(it => addressBytes(it).join('.'))],
        ['mac-address', fixed(it => macOf(0xaa, it))],
        ['login-by', fixed(() => 'http-chap')],
        ['uptime', UPTIME],
        ['bytes-in', UPLOAD],
        ['bytes-out', DOWNLOAD],
      ]),
    },
  ],
  [
    '/ppp/active',
    {
      service: 'ppp',
      properties: new Map<string, Property>([
        ['.id', fixed(it => `*${(it.number + 1).toString(16).toUpperCase()}`)],
        ['name', fixed(it => usernameOf('ppp', it))],
        ['service', fixed(() => 'pppoe')],
        ['caller-id', fixed(it => macOf(0xbb, it))],
        ['address', fixed(it => addressBytes(it).join('.'))],
        ['uptime', UPTIME],
        ['session-id', fixed(it => `0x811${it.number.toString(16).padStart(5, '0')}`)],
      ]),
    },
  ],
  [
    '/interface',
    {
      service: 'ppp',
      properties: new Map<string, Property>([
        ['.id', fixed(it => `*${(it.number + 0x10).toString(16).toUpperCase()}`)],
        ['name', fixed(interfaceOf)],
        ['type', fixed(() => 'pppoe-in')],
        // The router receives what the client uploads.
        ['rx-byte', UPLOAD],
        ['tx-byte', DOWNLOAD],
      ]),
    },
  ],
  [
    '/interface/pppoe-server',
    {
      service: 'ppp',
      properties: new Map<string, Property>([
        ['name', fixed(interfaceOf)],
        ['user', fixed(it => usernameOf('ppp', it))],
        ['remote-address', fixed(it => macOf(0xbb, it))],
        ['uptime', UPTIME],
        ['dynamic', fixed(() => 'true')],
        ['running', fixed(() => 'true')],
      ]),
    },
  ],
])

/** The menu's `.id` of a subscriber, which a logout reports. */
export function idOf(menu: string, subscriber: Subscriber): string {
  const id = SESSION_MENUS.get(menu)?.properties.get('.id')
  return id?.kind === 'fixed' ? id.of(subscriber) : ''
}

function fixed(of: (subscriber: Subscriber) => string): Property {
  return { kind: 'fixed', of }
}

function interfaceOf(it: Subscriber): string {
  return `<pppoe-${usernameOf('ppp', it)}>`
}

function addressBytes({ place }: Subscriber): readonly number[] {
  return [10, 5, 50 + (place >> 8), place & 255]
}

function macOf(kind: number, { router, number }: Subscriber): string {
  return [0x02, kind, router >> 8, router, number >> 8, number].map(hex).join(':')
}

function hex(byte: number): string {
  return (byte & 255).toString(16).padStart(2, '0').toUpperCase()
}
