import { describe, expect, it } from 'vitest'
import { type RouterKey, routerId, routerKey, type TenantId, tenantId } from '../../src/accounting/ids.ts'
import { Membership } from '../../src/roster/membership.ts'
import type { ListedRouters, Member, MemberLoad, Members, RouterLoads } from '../../src/roster/ports.ts'
import { HandClock } from '../runtime/hand-clock.ts'

const LOADS_FOR_MS = 15_000
const MOVE_EVERY_MS = 5_000
const TENANTS = Array.from({ length: 100 }, (_, index) => tenantId(`t${index}`))
const ROUTERS = TENANTS.map(tenant => routerKey(tenant, routerId('hq')))

/** The daemons in a database that all list the same hundred tenants. */
class FakeMembers implements Members {
  readonly live = new Set(['us'])
  readonly known = new Set(['us'])
  readonly asked: string[] = []
  readonly sessions = new Map<RouterKey, number>()
  readonly renewed: MemberLoad[] = []
  lists: ReadonlyMap<TenantId, ListedRouters> = new Map(
    TENANTS.map(tenant => [tenant, { digest: 'hq', routers: [routerId('hq')] }]),
  )

  leftMs = 15_000

  add(id: string): void {
    this.live.add(id)
    this.known.add(id)
  }

  async renew(load: MemberLoad): Promise<void> {
    this.renewed.push(load)
  }

  async leave(): Promise<void> {
    this.asked.push('leave')
  }

  async load(): Promise<readonly Member[]> {
    return [...this.known].map(id => ({
      ...{ id, host: 'box', version: '0.2.0', share: 1, routers: 0, sessions: 0 },
      ...{ listDigest: String(this.lists.size), startedAt: new Date(0), seenAt: new Date(0) },
      isLive: this.live.has(id),
      leftMs: this.live.has(id) ? this.leftMs : 0,
    }))
  }

  async loadLists(
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, ReadonlyMap<TenantId, ListedRouters>>> {
    this.asked.push(`lists of ${ids.join()}`)
    return new Map(ids.map(id => [id, this.lists]))
  }

  async loadLoads(): Promise<RouterLoads> {
    this.asked.push('loads')
    return { sessions: this.sessions, owners: new Map() }
  }
}

function membership() {
  const members = new FakeMembers()
  const clock = new HandClock('2026-11-24T09:00:00Z')
  const part = new Membership({
    ...{
      members,
      self: 'us',
      terms: { share: 1, moveEveryMs: MOVE_EVERY_MS },
      loadsForMs: LOADS_FOR_MS,
      clock,
    },
  })
  return { members, clock, part }
}

const theirs = (part: Membership) => ROUTERS.filter(router => !part.isOurs(router))

describe('a daemon', () => {
  it('reads all of its routers while it is alone', async () => {
    const { part } = membership()
    await part.refresh()
    expect(theirs(part)).toEqual([])
  })

  it('reads about half of them with another daemon, and all again when that one is gone', async () => {
    const { members, part } = membership()
    members.add('them')
    expect(await part.refresh()).toBe(false)
    expect(theirs(part).length).toBeGreaterThan(30)
    expect(theirs(part).length).toBeLessThan(70)
    expect(await part.refresh()).toBe(false)
    members.live.delete('them')
    expect(await part.refresh()).toBe(true)
    expect(theirs(part)).toEqual([])
    expect(await part.refresh()).toBe(false)
  })

  it('knows when the first of the others is over', async () => {
    const { members, part, clock } = membership()
    await part.refresh()
    expect(part.untilFirstEndMs).toBe(Number.POSITIVE_INFINITY)
    members.add('them')
    members.leftMs = 400
    await part.refresh()
    await clock.turn(100)
    expect(part.untilFirstEndMs).toBe(310)
    await clock.turn(310)
    expect(part.untilFirstEndMs).toBe(Number.POSITIVE_INFINITY)
    members.live.delete('them')
    await part.refresh()
    expect(part.untilFirstEndMs).toBe(Number.POSITIVE_INFINITY)
  })

  it('takes routers that nobody lists, so that their sessions can end', async () => {
    const { members, part } = membership()
    members.add('them')
    await part.refresh()
    expect(part.isOurs(routerKey(tenantId('gone'), routerId('hq')))).toBe(true)
  })

  it('is not counted on before it can take routers', async () => {
    const { members, part } = membership()
    await part.renew(new Map())
    expect(members.renewed).toEqual([])
    part.join()
    await part.renew(new Map(ROUTERS.slice(0, 2).map(router => [router, 15])))
    expect(members.renewed).toEqual([{ share: 1, routers: 2, sessions: 30 }])
  })

  it('names successors for all of its routers when it leaves', async () => {
    const { members, part } = membership()
    members.add('them')
    await part.refresh()
    await part.leave()
    expect(new Set(ROUTERS.map(router => part.successorOf(router)))).toEqual(new Set(['them']))
    expect(members.asked).toContain('leave')
  })
})

describe('the rows of the database', () => {
  it('are read again only if they may have changed: lists with their digest, loads after a while', async () => {
    const { members, clock, part } = membership()
    await part.refresh()
    await part.refresh()
    expect(members.asked).toEqual(['lists of us', 'loads'])
    await clock.turn(LOADS_FOR_MS)
    await part.refresh()
    expect(members.asked).toEqual(['lists of us', 'loads', 'loads'])
    members.add('them')
    members.lists = new Map([...members.lists].slice(1))
    await part.refresh()
    expect(members.asked.slice(3)).toEqual(['lists of us,them', 'loads'])
  })
})

describe('planned moves', () => {
  const held = new Set(ROUTERS)

  it('are 3 % of the routers in an interval', async () => {
    const { members, clock, part } = membership()
    members.add('them')
    await part.refresh()
    const moved = part.moving(held, [])
    expect(moved).toHaveLength(3)
    expect(moved.filter(router => part.isOurs(router))).toEqual([])
    expect(part.moving(held, [])).toEqual([])
    await clock.turn(MOVE_EVERY_MS)
    expect(part.moving(held, [])).toHaveLength(3)
    expect(part.moves).toBe(6)
  })

  it('wait while the other daemon does not take what it was given', async () => {
    const { members, part } = membership()
    members.add('them')
    await part.refresh()
    const [router] = theirs(part)
    expect(part.moving(held, [{ router: router as RouterKey, to: 'them', isOurs: false }])).toEqual([])
  })

  it('are none while nobody else is there', async () => {
    const { part } = membership()
    await part.refresh()
    expect(part.moving(held, [])).toEqual([])
  })
})
