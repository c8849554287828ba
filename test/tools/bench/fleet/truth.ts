import { isNothing } from '../../../../src/accounting/bytes.ts'
import type { Comparison, SubscriberBytes } from '../../../system/daemon/compare.ts'
import { routerIdOf } from './config.ts'
import { usernameOf } from './simulated/menus.ts'
import type { Stage } from './stage.ts'

/** A fleet, and which tenant has which router. */
export type TrueFleet = Pick<Stage, 'size' | 'tenantOf'> & {
  readonly running: { readonly fleet: Pick<Stage['running']['fleet'], 'truth'> }
}

/** The bytes that each subscriber's whole replies carried, by the fleet's books; without subscribers of 0 bytes. */
export async function carriedBy(stage: TrueFleet): Promise<readonly SubscriberBytes[]> {
  const { fleet } = stage.running
  const all: SubscriberBytes[] = []
  for (let router = 0; router < stage.size.routers; router++) {
    const tenant = stage.tenantOf(router)
    for (const { service, carried, doubted } of await fleet.truth(router)) {
      const doubts = new Map(doubted)
      for (const [number, bytes] of carried.entries()) {
        if (isNothing(bytes)) continue
        const username = usernameOf(service, { router, number })
        const subscriber = { tenant, router: routerIdOf(router), service, username }
        all.push({ ...subscriber, carried: bytes, doubted: doubts.get(number) })
      }
    }
  }
  return all
}

/** The number of the four tables whose sum differs from the first one's. */
export function differentSums({ tables }: Comparison): number {
  const sums = Array.from(tables.values(), it => `${it.upload}/${it.download}`)
  return sums.filter(it => it !== sums[0]).length
}
