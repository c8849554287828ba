import { describe, expect, it } from 'vitest'
import {
  type RouterId,
  type RouterKey,
  routerId,
  routerKey,
  type TenantId,
  tenantId,
} from '../../src/accounting/ids.ts'
import { inOneGo } from '../../src/accounting/steps.ts'
import { type Assignment, type AssignmentInput, assign, BOUND } from '../../src/roster/assignment.ts'
import type { ListedRouters } from '../../src/roster/ports.ts'
import { Random } from '../journal/random.ts'

type Lists = ReadonlyMap<TenantId, ListedRouters>

function listsOf(tenants: Readonly<Record<string, readonly string[]>>): Lists {
  return new Map(
    Object.entries(tenants).map(([tenant, routers]) => [
      tenantId(tenant),
      { digest: [...routers].sort().join(), routers: routers.map(routerId) },
    ]),
  )
}

function sessionsOf(tenants: Readonly<Record<string, number>>): ReadonlyMap<RouterKey, number> {
  return new Map(Object.entries(tenants).map(([key, sessions]) => [key as RouterKey, sessions]))
}

/** Daemons that all list the same. */
function sharing(
  ids: readonly string[],
  lists: Lists,
  sessions: ReadonlyMap<RouterKey, number>,
): AssignmentInput {
  return {
    participants: ids.map(id => ({ id, share: 1 })),
    lists: new Map(ids.map(id => [id, lists])),
    sessions,
  }
}

function readerOf({ readers }: Assignment, tenant: string, router: string): string | undefined {
  return readers.get(routerKey(tenantId(tenant), routerId(router)))
}

/** Many tenants, most of them small and some large, with their loads. */
function manyTenants(random: Random, count: number): { lists: Lists; sessions: Map<RouterKey, number> } {
  const lists = new Map<TenantId, ListedRouters>()
  const sessions = new Map<RouterKey, number>()
  for (let index = 0; index < count; index++) {
    const tenant = tenantId(`t${index}`)
    const routers: RouterId[] = []
    const most = random.chance(0.05) ? 40 : 4
    for (let router = 0; router <= random.below(most); router++) {
      const id = routerId(`r${router}`)
      routers.push(id)
      sessions.set(routerKey(tenant, id), random.below(200))
    }
    lists.set(tenant, { digest: routers.join(), routers })
  }
  return { lists, sessions }
}

/** The routers that two assignments give to different daemons. */
function moved(a: Assignment, b: Assignment): readonly RouterKey[] {
  return [...a.readers]
    .filter(([router, reader]) => b.readers.get(router) !== reader)
    .map(([router]) => router)
}

const FOUR = ['ann', 'bob', 'cid', 'dee']

describe('one daemon', () => {
  it('gets all that it lists', () => {
    const lists = listsOf({ acme: ['hq', 'spare'], wisp: ['tower'] })
    const { readers } = inOneGo(assign(sharing(['ann'], lists, new Map())))
    expect([...readers.values()]).toEqual(['ann', 'ann', 'ann'])
  })
})

describe('several daemons', () => {
  it('all come to the same result, in whatever order they read the rows', () => {
    const random = new Random(3)
    const { lists, sessions } = manyTenants(random, 200)
    const input = sharing(FOUR, lists, sessions)
    const backwards = new Map([...lists].reverse())
    const there = inOneGo(assign(input))
    const here = inOneGo(
      assign({
        participants: [...input.participants].reverse(),
        lists: new Map(FOUR.map(id => [id, backwards])),
        sessions: new Map([...sessions].reverse()),
      }),
    )
    expect(moved(there, here)).toEqual([])
    expect(here.readers.size).toBe(there.readers.size)
  })

  it('have at most 1.2 times their shares each, by sessions, and no tenant is split', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const { lists, sessions } = manyTenants(new Random(seed), 300)
      const { loads, readers } = inOneGo(assign(sharing(FOUR, lists, sessions)))
      expect(Math.max(...loads.values())).toBeLessThanOrEqual(BOUND)
      for (const [tenant, { routers }] of lists)
        expect(new Set(routers.map(router => readers.get(routerKey(tenant, router)))).size).toBe(1)
    }
  })

  it('have loads in proportion to their shares', () => {
    const { lists, sessions } = manyTenants(new Random(5), 2_000)
    const input = sharing(FOUR, lists, sessions)
    const participants = input.participants.map(it => ({ ...it, share: it.id === 'ann' ? 3 : 1 }))
    const { readers } = inOneGo(assign({ ...input, participants }))
    const ofAnn = [...readers.values()].filter(it => it === 'ann').length
    expect(ofAnn / readers.size).toBeGreaterThan(0.5 / BOUND)
    expect(ofAnn / readers.size).toBeLessThan(0.5 * BOUND)
  })

  it('leave nothing to one whose share is 0, unless nobody else can read it', () => {
    const lists = listsOf({ acme: ['hq'], wisp: ['tower'] })
    const input = sharing(['ann', 'bob'], lists, new Map())
    const participants = [
      { id: 'ann', share: 1 },
      { id: 'bob', share: 0 },
    ]
    const all = new Set(inOneGo(assign({ ...input, participants })).readers.values())
    expect(all).toEqual(new Set(['ann']))
    const own = new Map([
      ['ann', listsOf({ acme: ['hq'] })],
      ['bob', lists],
    ])
    const result = inOneGo(assign({ ...input, participants, lists: own }))
    expect([readerOf(result, 'acme', 'hq'), readerOf(result, 'wisp', 'tower')]).toEqual(['ann', 'bob'])
    const alone = inOneGo(assign({ ...input, participants: [{ id: 'bob', share: 0 }] }))
    expect([...alone.readers.values()]).toEqual(['bob', 'bob'])
  })

  it('split a tenant that is larger than a share, and no other', () => {
    const routers = Array.from({ length: 40 }, (_, index) => `r${index}`)
    const lists = listsOf({ huge: routers, small: ['a', 'b', 'c'] })
    const sessions = sessionsOf(Object.fromEntries(routers.map(it => [`huge/${it}`, 1_000])))
    const result = inOneGo(assign(sharing(FOUR, lists, sessions)))
    expect(Math.max(...result.loads.values())).toBeLessThanOrEqual(BOUND)
    expect(new Set(routers.map(it => readerOf(result, 'huge', it)))).toEqual(new Set(FOUR))
    expect(new Set(['a', 'b', 'c'].map(it => readerOf(result, 'small', it))).size).toBe(1)
  })

  it('share three equal tenants although two of them are more than a daemon may have', () => {
    const lists = listsOf({ a: ['1', '2', '3', '4'], b: ['1', '2', '3', '4'], c: ['1', '2', '3', '4'] })
    const { loads } = inOneGo(assign(sharing(['ann', 'bob'], lists, new Map())))
    expect(Math.max(...loads.values())).toBeLessThanOrEqual(BOUND)
  })

  it('give one router that is more than a share to one of them, and the rest to the others', () => {
    const lists = listsOf({ a: ['huge'], b: ['1'], c: ['1'], d: ['1'] })
    const sessions = sessionsOf({ 'a/huge': 100_000 })
    const result = inOneGo(assign(sharing(FOUR, lists, sessions)))
    const reader = readerOf(result, 'a', 'huge')
    expect(['b', 'c', 'd'].map(it => readerOf(result, it, '1'))).not.toContain(reader)
  })
})

describe('a daemon that comes or goes', () => {
  it('moves about its own part, and little else', () => {
    const { lists, sessions } = manyTenants(new Random(7), 2_000)
    const three = inOneGo(assign(sharing(['ann', 'bob', 'cid'], lists, sessions)))
    const four = inOneGo(assign(sharing(FOUR, lists, sessions)))
    const moves = moved(three, four)
    const toDee = moves.filter(router => four.readers.get(router) === 'dee').length
    expect(toDee / moves.length).toBeGreaterThan(0.9)
    expect(moves.length / four.readers.size).toBeLessThan(0.3)
  })
})

describe('loads that change a little', () => {
  it('move few routers', () => {
    const random = new Random(11)
    const { lists, sessions } = manyTenants(random, 2_000)
    const before = inOneGo(assign(sharing(FOUR, lists, sessions)))
    const later = new Map(
      [...sessions].map(([router, load]) => [router, Math.round(load * (0.9 + 0.2 * random.next()))]),
    )
    const after = inOneGo(assign(sharing(FOUR, lists, later)))
    expect(moved(before, after).length / before.readers.size).toBeLessThan(0.03)
  })
})

describe('daemons with different configs', () => {
  it('each get only what their own config lists', () => {
    const input: AssignmentInput = {
      participants: ['ann', 'bob'].map(id => ({ id, share: 1 })),
      lists: new Map([
        ['ann', listsOf({ acme: ['hq', 'spare'], wisp: ['tower'] })],
        ['bob', listsOf({ acme: ['spare', 'annex'], club: ['bar'] })],
      ]),
      sessions: new Map(),
    }
    const result = inOneGo(assign(input))
    expect(readerOf(result, 'acme', 'hq')).toBe('ann')
    expect(readerOf(result, 'acme', 'annex')).toBe('bob')
    expect(['ann', 'bob']).toContain(readerOf(result, 'acme', 'spare'))
    expect(readerOf(result, 'wisp', 'tower')).toBe('ann')
    expect(readerOf(result, 'club', 'bar')).toBe('bob')
    expect(result.readers.size).toBe(5)
  })
})
