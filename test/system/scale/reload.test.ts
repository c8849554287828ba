import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { routerId, tenantId } from '../../../src/accounting/ids.ts'
import type { Config, RouterConfig } from '../../../src/config/config.ts'
import { keyOf, openHouse, router, tenants } from '../../roster/roster-scene.ts'

const TENANTS = 50
const ROUTERS_EACH = 100
/** The time to look at a value of a router's config: a block of ten milliseconds has a thousand such looks. */
const LOOK_MS = 0.01
/** The looks of such a block and of one more step: a tenant whose routers are named. */
const MOST_LOOKS_A_TURN = 1_500

/** A house in which looking at configs takes time, and which connects only to enabled routers. */
function openLargeHouse() {
  const house = openHouse()
  const { clock, roster } = house
  let looks = 0
  let looksThisTurn = 0
  const steadyMs = clock.steadyMs.bind(clock)
  clock.steadyMs = () => steadyMs() + looks * LOOK_MS
  const watched = (config: RouterConfig) =>
    new Proxy(config, {
      get: (target, key) => {
        looks++
        looksThisTurn++
        return Reflect.get(target, key)
      },
    })
  /** @returns how many looks each turn of the event loop had */
  const applyWatched = async (config: Config): Promise<readonly number[]> => {
    const turns: number[] = []
    let isDone = false
    const applying = roster.apply(config).finally(() => {
      isDone = true
    })
    looksThisTurn = 0
    while (!isDone) {
      await setImmediate()
      turns.push(looksThisTurn)
      looksThisTurn = 0
    }
    await applying
    return turns
  }
  return { ...house, watched, applyWatched }
}

type LargeHouse = ReturnType<typeof openLargeHouse>

/** Makes a new config each time, as each reload does. */
function fleetOf({ watched }: LargeHouse, change: (router: RouterConfig) => RouterConfig): Config {
  const config = tenants({ any: [router('any', 'enabled: false')] })
  const [any] = config.tenants
  const [template] = any?.routers ?? []
  if (!any || !template) throw new Error('the config has a router')
  return {
    ...config,
    tenants: Array.from({ length: TENANTS }, (_, t) => {
      const routers = Array.from({ length: ROUTERS_EACH }, (_, r) =>
        watched(change({ ...template, id: routerId(`router${r}`), host: `10.0.${t}.${r}` })),
      )
      return { ...any, id: tenantId(`tenant${t}`), routers }
    }),
  }
}

const CHANGED = '10.0.7.7'

test('a reload of 5,000 routers, one of them changed, gives others their turns, and restarts polling for that one only', async () => {
  const house = openLargeHouse()
  const { applyWatched, poller, end } = house
  await applyWatched(fleetOf(house, it => it))
  const turns = await applyWatched(
    fleetOf(house, it => (it.host === CHANGED ? { ...it, enabled: true } : it)),
  )
  expect(Math.max(...turns)).toBeLessThanOrEqual(MOST_LOOKS_A_TURN)
  expect(turns.filter(looks => looks > 0).length).toBeGreaterThan(100)
  await house.clock.turn(0)
  expect(house.hosts).toEqual([CHANGED])
  expect(poller.health(keyOf('tenant7', 'router7'))?.state).toBe('online')
  expect(poller.health(keyOf('tenant7', 'router8'))?.state).toBe('disabled')
  await end()
})

test('so does a reload that changes how all of them are polled and judged', async () => {
  const house = openLargeHouse()
  const { applyWatched, scene, leases, end } = house
  await applyWatched(fleetOf(house, it => it))
  expect(leases.ours()).toHaveLength(TENANTS * ROUTERS_EACH)
  const turns = await applyWatched(
    fleetOf(house, it => ({ ...it, timeoutMs: it.timeoutMs + 1, stalledAfterMs: 1 })),
  )
  expect(Math.max(...turns)).toBeLessThanOrEqual(MOST_LOOKS_A_TURN)
  const terms = [...scene.books.values()].map(({ about }) => about.terms.stalledAfterMs)
  expect(terms).toEqual(Array.from({ length: TENANTS * ROUTERS_EACH }, () => 1))
  await end()
})

test('so does a reload that removes all of them from the config', async () => {
  const house = openLargeHouse()
  const { applyWatched, scene, end } = house
  await applyWatched(fleetOf(house, it => it))
  const turns = await applyWatched({ ...fleetOf(house, it => it), tenants: [] })
  expect(Math.max(...turns)).toBeLessThanOrEqual(MOST_LOOKS_A_TURN)
  expect([...scene.books.keys()]).toEqual([])
  await end()
})
