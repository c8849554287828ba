import type { SimulatedService } from '../../harness/services.ts'
import { NOON } from '../pg/ledger-scene.ts'
import type { PoisonScene } from './poison-scene.ts'
import { ReadRouter, readingAt, sessionAt } from './read-router.ts'

/** 00:00 of 2026-11-24 in Nairobi, before `NOON`. */
export const MIDNIGHT = NOON - 15 * 3_600_000

/** The router hq of acme with a budget of names, and its subscribers. */
export class Crowd extends ReadRouter {
  readonly #loginsMs = new Map<string, number>()

  constructor(namesADay: number, tenant = 'acme', router = 'hq') {
    super(tenant, router)
    this.limits = { maxSessions: namesADay / 2 }
  }

  /** Reads subscribers by name, with their bytes up so far, and as many down. New ones logged in a second ago. */
  show(atMs: number, bytes: Readonly<Record<string, number>>, service: SimulatedService = 'ppp'): void {
    const sessions = Object.entries(bytes).map(([name, upload]) => {
      const loginMs = this.#loginsMs.get(name) ?? atMs - 1_000
      this.#loginsMs.set(name, loginMs)
      return sessionAt(atMs, loginMs, name, upload, upload, { routerSessionId: `0x-${name}` })
    })
    this.read(readingAt(atMs, service, sessions))
  }
}

/** `name-1` and so on, in alphabetical order, all with the same bytes. */
export function names(count: number, bytes: number, from = 1): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`name-${String(from + index).padStart(2, '0')}`, bytes]),
  )
}

/** The rows of the daily table for acme's hq, as `day service name bytes`, upload only. */
export async function dailyRows({ ask }: Pick<PoisonScene, 'ask'>): Promise<readonly string[]> {
  const rows = await ask(`select concat_ws(' ', to_char(day, 'DD'), service, username, upload) as row
    from usage_daily where tenant_id = 'acme' and router_id = 'hq' order by day, service, username`)
  return rows.map(({ row }) => String(row))
}

/** The details of events of kind `others`. */
export async function othersEvents({ ask }: Pick<PoisonScene, 'ask'>): Promise<readonly unknown[]> {
  const rows = await ask(`select detail from ledger_events where kind = 'others' order by id`)
  return rows.map(({ detail }) => detail)
}
