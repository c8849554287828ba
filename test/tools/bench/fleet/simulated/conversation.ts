import { encodeSentence } from '../../../../../src/routeros/wire/words.ts'
import type { Request } from '../../../../harness/fleet/request.ts'
import { formatUptime } from '../../../../harness/fleet/uptime.ts'
import type { SimulatedService } from '../../../../harness/services.ts'
import { numberOf, SESSION_MENUS, type SessionMenu } from './menus.ts'
import type { Output } from './output.ts'
import { PppRound } from './ppp-round.ts'
import type { PendingReading } from './readings.ts'
import type { FastRouter } from './router.ts'
import { writeRows } from './rows.ts'
import type { Subscribers } from './subscribers.ts'

/** Called once the reply and all before it were handed over whole, or with `false` if that will not happen. */
export type Settle = (isHanded: boolean) => void

const VERSION = '7.20 (stable)'

/** The requests of one client to a router, and the sum of its whole replies. */
export class Conversation {
  readonly #router: FastRouter
  readonly #ppp: PppRound
  /** The last complete reading of the hotspot. */
  #hotspot: PendingReading | undefined
  /** Tag of the `listen` of each service. */
  readonly #listening = new Map<SimulatedService, string>()

  constructor(router: FastRouter) {
    this.#router = router
    this.#ppp = new PppRound(router.ppp)
  }

  listensTo(service: SimulatedService): string | undefined {
    return this.#listening.get(service)
  }

  /** Writes the whole reply. */
  answer(request: Request, out: Output, nowMs: number): Settle | undefined {
    const { menu, verb } = request
    const tag = `.tag=${request.tag ?? ''}`
    const sessions = SESSION_MENUS.get(menu)
    if (sessions && verb === 'print') return this.#list(request, sessions, tag, out, nowMs)
    if (sessions && verb === 'listen') {
      this.#listening.set(sessions.service, tag)
      return undefined
    }
    switch (`${menu}/${verb}`) {
      case '/login':
        break
      case '/system/resource/print':
        out.sentence(
          '!re',
          tag,
          `=uptime=${formatUptime(this.#router.uptimeMs(nowMs))}`,
          `=version=${VERSION}`,
        )
        break
      case '/system/identity/print':
        out.sentence('!re', tag, `=name=${this.#router.identity}`)
        break
      case '/ip/firewall/filter/print':
        out.sentence('!empty', tag)
        break
      default:
        out.sentence('!trap', tag, '=message=no such command prefix')
    }
    out.sentence('!done', tag)
    return undefined
  }

  /** Ends the conversation. */
  end(): void {
    this.#ppp.abandon()
  }

  #list(
    { menu: path, attributes, queries }: Request,
    menu: SessionMenu,
    tag: string,
    out: Output,
    nowMs: number,
  ): Settle | undefined {
    const subscribers = this.#router.of(menu.service)
    const templates = this.#router.templates(path, menu, attributes.get('.proplist') ?? '')
    const numbers = wantedOf(subscribers.online, queries)
    writeRows(out, headOf(tag), templates, subscribers, numbers, nowMs)
    if (numbers.length === 0) out.sentence('!empty', tag)
    out.sentence('!done', tag)
    switch (path) {
      case '/ip/hotspot/active':
        this.#router.polls.note(nowMs)
        return this.#read(subscribers, nowMs)
      case '/ppp/active':
        this.#ppp.listSessions()
        return undefined
      case '/interface':
        return this.#ppp.showCounters(nowMs)
      default:
        return this.#ppp.listServers()
    }
  }

  #read({ readings, count }: Subscribers, atMs: number): Settle {
    if (this.#hotspot) readings.take(this.#hotspot)
    this.#hotspot = undefined
    const pending = readings.begin(atMs, count)
    return isHanded => {
      if (!isHanded) return readings.drop(pending)
      readings.complete(pending)
      this.#hotspot = pending
    }
  }
}

/** All online subscribers, or those that the request asks for. */
function wantedOf(online: readonly number[], queries: readonly string[]): readonly number[] {
  const users = queries.filter(query => query.startsWith(USER_IS))
  if (users.length === 0) return online
  const wanted = new Set(users.map(query => numberOf(query.slice(USER_IS.length))))
  return online.filter(number => wanted.has(number))
}

const USER_IS = 'user='

/** The beginning of each row, without the empty word that would end it. */
function headOf(tag: string): Uint8Array {
  return encodeSentence(['!re', tag].map(word => Buffer.from(word, 'latin1'))).subarray(0, -1)
}
