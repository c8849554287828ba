import { setTimeout as sleep } from 'node:timers/promises'
import type { SimulatedRouter } from '../../harness/fleet/simulated-router.ts'
import type { PlannedRouterFault } from './plan.ts'

const MENUS = ['/ppp/active', '/interface', '/ip/hotspot/active', '/system/resource'] as const

/** A new connection asks for all server menus; otherwise a login is needed. */
const MOSTLY = 0.8

/** Applies a fault to a router for its duration; resolves when the router is well again. */
export async function inject(router: SimulatedRouter, fault: PlannedRouterFault): Promise<void> {
  const { kind, forMs, variant } = fault
  const menu = MENUS[Math.floor(variant * MENUS.length)] ?? MENUS[0]
  const by = variant < 0.5 ? 'rst' : 'fin'
  switch (kind) {
    case 'reboot':
      // Some routers refuse a login while they start.
      return router.reboot({ downForMs: forMs, loginsToRefuse: variant < 0.3 ? 1 : 0 })
    case 'drop rst':
      return router.drop('rst')
    case 'drop fin':
      return router.drop('fin')
    case 'hang silent':
    case 'hang silent, late answers':
      router.hang('silent')
      await sleep(forMs)
      return router.recover({ answersLate: kind === 'hang silent, late answers' })
    case 'hang deaf':
      router.hang('deaf')
      break
    case 'refuse':
      router.refuse()
      await router.drop(by)
      break
    case 'network gone':
      await router.stop()
      await sleep(forMs)
      return router.start()
    case 'cut reply':
      router.cutNextReply({ menu, by })
      break
    case 'trickle':
      // The slow variant does not get a large reply through in time.
      router.trickle(variant < 0.5 ? 0 : 1)
      break
    case 'deny':
      router.deny()
      await router.drop(by)
      break
    case 'trap':
      router.failNext({ menu, messages: ['failure: busy'], times: 2 })
      break
    case 'several traps':
      router.failNext({
        menu,
        messages: ['failure: busy', 'action timed out', 'no such item'],
        category: 2,
        times: 2,
      })
      break
    case 'junk':
      router.addJunk()
      break
    case 'fatal':
      return router.fatal('shutting down')
    case 'server menu refused':
      router.failNext({ menu: '/interface/pppoe-server', messages: ['failure: busy'], times: 2 })
      if (variant < MOSTLY) await router.drop(by)
      break
    case 'server menu without rows':
      router.faults.areServersShort = true
      if (variant < MOSTLY) await router.drop(by)
      break
    case 'another router':
      throw new RangeError('replacing a router is done by its place, not by itself')
    default:
      kind satisfies never
  }
  await sleep(forMs)
  await router.recover()
}
