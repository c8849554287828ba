import type { Ending } from '../../../../harness/fleet/faults.ts'
import { seededRandom } from '../../../../harness/fleet/random.ts'
import { SERVICES, type SimulatedService } from '../../../../harness/services.ts'
import { SESSION_MENUS, type SessionMenu } from './menus.ts'
import { PollTimes } from './poll-times.ts'
import { type Subscriber, Subscribers } from './subscribers.ts'
import { Templates } from './template.ts'

export interface RouterAbout {
  readonly number: number
  readonly seed: number
  /** Sessions online at any time, per service. */
  readonly sessions: number
}

/** A connected client. */
export interface RouterClient {
  reportLogout(service: SimulatedService, gone: Subscriber): void
  end(by: Ending): void
}

/**
 * Faults of a router:
 *
 *     none      answers
 *     silent    accepts requests and never answers them
 *     cutting   sends half of the next reply and closes the connection
 *     refusing  closes each connection
 */
export const TROUBLES = ['none', 'silent', 'cutting', 'refusing'] as const
export type Trouble = (typeof TROUBLES)[number]

/** The greatest age of logins when the fleet begins, so that they are in one or two buckets. */
const OLDEST_LOGIN_MS = 240_000
const FIRST_UPTIME_MS = 86_400_000

/** A router: its subscribers of both services, and their rows as requested by the client. */
export class FastRouter {
  readonly number: number
  readonly hotspot: Subscribers
  readonly ppp: Subscribers
  readonly polls = new PollTimes()
  readonly clients = new Set<RouterClient>()
  trouble: Trouble = 'none'
  readonly #templates = new Map<string, { readonly proplist: string; readonly templates: Templates }>()
  readonly #bootedMs: number

  constructor({ number, seed, sessions }: RouterAbout, nowMs: number) {
    const random = seededRandom(seed * 100_003 + number)
    this.number = number
    this.#bootedMs = nowMs - FIRST_UPTIME_MS
    const about = { router: number, room: Math.ceil(sessions * 1.25), random }
    this.hotspot = new Subscribers({ ...about, service: 'hotspot' })
    this.ppp = new Subscribers({ ...about, service: 'ppp' })
    for (const service of SERVICES) {
      const loginsMs = Array.from({ length: sessions }, () => nowMs - random() * OLDEST_LOGIN_MS)
      for (const atMs of loginsMs.sort((a, b) => a - b)) this.of(service).login(atMs)
    }
  }

  of(service: SimulatedService): Subscribers {
    return service === 'hotspot' ? this.hotspot : this.ppp
  }

  /** Its own address, with the port of all routers: the loopback network has enough of them. */
  get host(): string {
    return hostOf(this.number)
  }

  get identity(): string {
    return `router-${this.number}`
  }

  uptimeMs(nowMs: number): number {
    return nowMs - this.#bootedMs
  }

  /** Replaces a subscriber by a new one, on a hotspot at the same address. */
  swap(service: SimulatedService, nowMs: number): void {
    const subscribers = this.of(service)
    const gone = subscribers.logoutOne()
    const come = subscribers.login(nowMs)
    for (const [path, { templates }] of this.#templates)
      if (SESSION_MENUS.get(path)?.service === service) templates.add(come)
    if (gone) for (const client of this.clients) client.reportLogout(service, gone)
  }

  /** Rows rendered for the last requested properties: a client always requests the same. */
  templates(path: string, menu: SessionMenu, proplist: string): Templates {
    const known = this.#templates.get(path)
    if (known?.proplist === proplist) return known.templates
    const names = proplist === '' ? [...menu.properties.keys()] : proplist.split(',')
    const templates = new Templates(
      names.flatMap(name => {
        const property = menu.properties.get(name)
        return property ? [[name, property]] : []
      }),
    )
    const subscribers = this.of(menu.service)
    for (const number of subscribers.online) templates.add(subscribers.get(number))
    this.#templates.set(path, { proplist, templates })
    return templates
  }
}

const HOSTS_A_NET = 250

/** 127.1.0.1, 127.1.0.2, … */
export function hostOf(number: number): string {
  return `127.1.${Math.floor(number / HOSTS_A_NET)}.${(number % HOSTS_A_NET) + 1}`
}
