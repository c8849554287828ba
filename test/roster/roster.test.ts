import { afterEach, describe, expect, it } from 'vitest'
import { AUTH, configOf } from '../config/config-text.ts'
import { Unavailable } from '../recording/recorder-scene.ts'
import { ACME_HQ, ACME_SPARE, keyOf, openHouse, refOf, router, tenants } from './roster-scene.ts'

const ends: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

function house() {
  const opened = openHouse()
  ends.push(opened.end)
  return opened
}

describe('the first config', () => {
  it('is in the database, recorded and polled, and each tenant starts with its stored numbers', async () => {
    const { apply, store, poller, tenant, hosts } = house()
    const sum = { upload: 3n, download: 4n }
    store.rollups.set(keyOf('other', 'a'), {
      total: sum,
      days: new Map([['2026-03-01', sum]]),
      lastDecision: 0,
    })
    const config = tenants({ other: [router('a'), router('b', 'enabled: false')], empty: [] })
    expect(await apply(config)).toEqual([])
    expect(store.tenants.map(({ id, routers }) => [id, routers.map(it => it.name)])).toEqual([
      ['other', ['a', 'b']],
      ['empty', []],
    ])
    expect(store.loaded).toEqual([keyOf('other', 'a'), keyOf('other', 'b')])
    expect(hosts).toEqual(['a.example'])
    expect(poller.health(keyOf('other', 'a'))?.state).toBe('online')
    expect(poller.health(keyOf('other', 'b'))?.state).toBe('disabled')
    expect(tenant('other')?.stats.bytes.today.used).toBe(7)
    expect(tenant('empty')?.routers).toEqual([])
  })
})

describe('a changed config', () => {
  it('adds and removes routers and leaves the others’ connections alone', async () => {
    const { apply, poller, tenant, hosts, scene } = house()
    await apply(tenants({ acme: [router('hq'), router('spare')] }))
    await apply(tenants({ acme: [router('hq'), router('new')] }))
    expect(hosts).toEqual(['hq.example', 'spare.example', 'new.example'])
    expect(poller.health(ACME_SPARE)).toBeUndefined()
    expect(tenant('acme')?.routers.map(it => it.id)).toEqual(['hq', 'new'])
    expect([...scene.recorder.pending().keys()]).toContain(ACME_SPARE)
  })

  it('adds and removes tenants with their routers', async () => {
    const { apply, poller, tenant } = house()
    await apply(tenants({ one: [router('hq')] }))
    await apply(tenants({ two: [router('hq')] }))
    expect(tenant('one')).toBeUndefined()
    expect(poller.health(keyOf('one', 'hq'))).toBeUndefined()
    expect(poller.health(keyOf('two', 'hq'))?.state).toBe('online')
  })

  it('connects again to a router at another address, and keeps its ledger', async () => {
    const { apply, store, hosts, device } = house()
    await apply(tenants({ acme: [router('hq')] }))
    await apply(tenants({ acme: [router('hq').replace('hq.example', 'new.example')] }))
    expect(hosts).toEqual(['hq.example', 'new.example'])
    expect(device.links.map(link => link.isClosed)).toEqual([true, false])
    expect(store.loaded).toEqual([ACME_HQ])
  })

  it('keeps the connection if only a router’s name or terms are new', async () => {
    const { apply, hosts, tenant } = house()
    await apply(tenants({ acme: [router('hq')] }))
    await apply(tenants({ acme: [router('hq', 'name: Head office, plausible_rate: 1Gbps')] }))
    expect(hosts).toEqual(['hq.example'])
    expect(tenant('acme')?.routers).toMatchObject([{ name: 'Head office' }])
  })

  it('polls by a new schedule', async () => {
    const { apply, hosts } = house()
    await apply(tenants({ acme: [router('hq')] }))
    await apply(tenants({ acme: [router('hq', 'schedule: "0 * * * * *"')] }))
    expect(hosts).toEqual(['hq.example', 'hq.example'])
  })

  it('stops and starts polling a router that is disabled and enabled again', async () => {
    const { apply, poller } = house()
    await apply(tenants({ acme: [router('hq')] }))
    await apply(tenants({ acme: [router('hq', 'enabled: false')] }))
    expect(poller.health(ACME_HQ)?.state).toBe('disabled')
    await apply(tenants({ acme: [router('hq')] }))
    expect(poller.health(ACME_HQ)?.state).toBe('online')
  })

  it('moves a tenant to another timezone, and keeps its total', async () => {
    const { apply, tenant, store } = house()
    const sum = { upload: 3n, download: 4n }
    store.know(refOf('other', 'long-gone'))
    store.rollups.set(keyOf('other', 'long-gone'), { total: sum, days: new Map(), lastDecision: 0 })
    await apply(configOf(`${AUTH}\ntenants: [{ id: other, routers: [] }]`))
    await apply(configOf(`${AUTH}\ntenants: [{ id: other, timezone: Pacific/Kiritimati, routers: [] }]`))
    expect(tenant('other')?.stats).toMatchObject({ day: '2026-03-02', bytes: { total: { used: 7 } } })
  })

  it('returns the keys that need a restart, at each reload until there is one', async () => {
    const { apply } = house()
    const before = tenants({})
    expect(await apply(before)).toEqual([])
    const after = tenants({}, 'bucket: 5m\ncommit: { interval: 10s }')
    expect(await apply(after)).toEqual(['commit', 'bucket'])
    expect(await apply(after)).toEqual(['commit', 'bucket'])
    expect(await apply(tenants({ acme: [] }, 'bucket: 5m'))).toEqual(['bucket'])
    expect(await apply(before)).toEqual([])
  })
})

describe('a database that is away', () => {
  it('leaves everything as it was, and the next try does all of it', async () => {
    const { apply, store, poller, tenant, hosts, scene } = house()
    await apply(tenants({ acme: [router('hq')] }))
    const after = tenants({ acme: [router('spare')], other: [] })
    store.answering = Promise.reject(new Unavailable('gone'))
    await expect(apply(after)).rejects.toThrow('gone')
    expect(poller.health(ACME_HQ)?.state).toBe('online')
    expect(poller.health(ACME_SPARE)).toBeUndefined()
    expect(tenant('acme')?.routers.map(it => it.id)).toEqual(['hq'])
    expect(tenant('other')).toBeUndefined()
    store.answering = Promise.resolve()
    await apply(after)
    expect(hosts).toEqual(['hq.example', 'spare.example'])
    expect(tenant('acme')?.routers.map(it => it.id)).toEqual(['spare'])
    expect(tenant('other')).toBeDefined()
    expect([...scene.recorder.pending().keys()]).toContain(ACME_HQ)
  })

  it('leaves a returning router as it was: it is forgotten with its last commit', async () => {
    const { apply, store, scene } = house()
    await apply(tenants({ acme: [router('hq')] }))
    await apply(tenants({ acme: [] }))
    store.answering = Promise.reject(new Unavailable('gone'))
    await expect(apply(tenants({ acme: [router('hq')] }))).rejects.toThrow('gone')
    await scene.recorder.commit([ACME_HQ])
    expect(scene.recorder.takeBack(ACME_HQ)).toBe(false)
  })
})

describe('a router that comes back', () => {
  it('keeps its ledger, even if its last commit ends while the others are loaded', async () => {
    const { apply, store, scene, clock, tenant } = house()
    await apply(tenants({ acme: [router('hq')] }))
    await apply(tenants({ acme: [] }))
    let answer: () => void = () => {}
    store.answering = new Promise(resolve => {
      answer = resolve
    })
    const applied = apply(tenants({ acme: [router('hq')] }))
    await clock.turn(0)
    await scene.recorder.commit([ACME_HQ])
    answer()
    await applied
    expect(store.loaded).toEqual([ACME_HQ])
    expect(tenant('acme')?.routers).toMatchObject([{ id: 'hq' }])
    expect([...scene.recorder.pending().keys()]).toEqual([ACME_HQ])
  })

  it('is loaded from the database if its last commit is done', async () => {
    const { apply, store, scene } = house()
    await apply(tenants({ acme: [router('hq')] }))
    await apply(tenants({ acme: [] }))
    await scene.recorder.commit([ACME_HQ])
    await apply(tenants({ acme: [router('hq')] }))
    expect(store.loaded).toEqual([ACME_HQ, ACME_HQ])
  })
})
