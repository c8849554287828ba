import { afterEach, describe, expect, it } from 'vitest'
import type { RouterCommit } from '../../src/recording/ports.ts'
import { gone, held, NEW_ROUTER, readingOf, Scene } from '../recording/recorder-scene.ts'
import {
  ACME_HQ,
  ACME_SPARE,
  type House,
  keyOf,
  LEASE_MS,
  openHouse,
  refOf,
  router,
  tenants,
} from './roster-scene.ts'

const TURN_MS = LEASE_MS / 4
const BOTH = tenants({ acme: [router('hq'), router('spare')] })
const LEFT = { readings: 3, bytes: { upload: 100n, download: 20n } }
const ends: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

function house(): House {
  const opened = openHouse()
  ends.push(opened.end)
  return opened
}

/** One reading of a subscriber with these bytes. */
async function read({ scene }: House, key: typeof ACME_HQ, upload: number): Promise<void> {
  await scene.clock.turn(1_000)
  await scene.recorder.record(key, [readingOf(scene.clock, { ann: { upload, download: 0 } }, 'hotspot')])
}

function bytesOf({ tenant }: House) {
  return tenant('acme')?.stats.bytes.total.upload
}

describe('a router that another daemon reads', () => {
  it('is neither read nor recorded here, and is shown as the database has it', async () => {
    const its = house()
    const { leases, store, apply, hosts, tenant, scene } = its
    leases.take(ACME_HQ)
    store.rollups.set(ACME_HQ, { total: { upload: 5n, download: 0n }, days: new Map(), lastDecision: 0 })
    store.services.set(
      ACME_HQ,
      new Map([['ppp', { readAt: scene.clock.now(), online: ['ann', 'bo'], uncounted: 0 }]]),
    )
    await apply(BOTH)
    expect(hosts).toEqual(['spare.example'])
    expect(tenant('acme')?.routers).toMatchObject([
      { id: 'spare' },
      { id: 'hq', state: 'online', ppp: 2, last_reading_at: '2026-03-01T12:00:00.000Z' },
    ])
    expect(tenant('acme')?.stats).toMatchObject({ total_routers: 2, pppoe_users: 2 })
    expect(bytesOf(its)).toBe(5)
  })

  it('is loaded as often as the tables change', async () => {
    const its = house()
    const { leases, store, apply, run } = its
    leases.take(ACME_HQ)
    await apply(BOTH)
    run()
    store.rollups.set(ACME_HQ, { total: { upload: 8n, download: 0n }, days: new Map(), lastDecision: 0 })
    store.failing.set('loadOtherRouters', gone())
    await its.clock.turn(30_000)
    expect(bytesOf(its)).toBe(0)
    store.failing.clear()
    await its.clock.turn(30_000)
    expect(bytesOf(its)).toBe(8)
  })

  it('keeps credited bytes while it is not committed', async () => {
    const its = house()
    const { leases, store, apply, run } = its
    leases.take(ACME_HQ)
    store.rollups.set(ACME_HQ, { total: { upload: 8n, download: 0n }, days: new Map(), lastDecision: 0 })
    await apply(BOTH)
    run()
    store.unmoved.add(ACME_HQ)
    const credit = { day: '2026-03-01', bytes: { upload: 100n, download: 0n } }
    store.decisions.push({ id: 1, ...refOf('acme', 'hq'), credit })
    await its.clock.turn(30_000)
    expect(bytesOf(its)).toBe(108)
    await its.clock.turn(60_000)
    expect(bytesOf(its)).toBe(108)
  })

  it('is gained once it is free, and continues from what the database has', async () => {
    const its = house()
    const { leases, store, apply, hosts, run, scene } = its
    leases.take(ACME_HQ)
    await apply(BOTH)
    run()
    store.rollups.set(ACME_HQ, { total: { upload: 8n, download: 0n }, days: new Map(), lastDecision: 0 })
    store.stored.set(ACME_HQ, { ...NEW_ROUTER, position: 12, committedEpoch: 1 })
    leases.free(ACME_HQ)
    await its.clock.turn(TURN_MS)
    expect(hosts).toEqual(['spare.example', 'hq.example'])
    await read(its, ACME_HQ, 50)
    await read(its, ACME_HQ, 150)
    expect(bytesOf(its)).toBe(108)
    await scene.recorder.commit([ACME_HQ])
    expect(scene.store.batches.at(-1)).toMatchObject([{ epoch: 2, pending: { basePosition: 12 } }])
  })
})

describe('a lost router', () => {
  it('is forgotten, and what waited is recorded as discarded with its bytes', async () => {
    const its = house()
    const { leases, store, recovery, apply, run, tenant, links, lines, poller } = its
    await apply(BOTH)
    run()
    await read(its, ACME_HQ, 100)
    const readings = its.scene.books.get(ACME_HQ)?.waiting.readings
    expect(readings).toBeGreaterThan(0)
    leases.take(ACME_HQ)
    await its.clock.turn(TURN_MS)
    expect(links()).toBe(1)
    expect(poller.health(ACME_HQ)).toBeUndefined()
    expect([...its.scene.books.routers]).toEqual([ACME_SPARE])
    expect(store.discarded).toMatchObject([
      { tenant: 'acme', router: 'hq', detail: { reason: 'lost', upload: 100, download: 0 } },
    ])
    expect(store.discarded[0]?.detail['readings']).toBeGreaterThanOrEqual(readings ?? 0)
    expect(recovery.forgotten).toContain(ACME_HQ)
    expect(lines.messages).toContain('router taken over by another daemon')
    expect(tenant('acme')?.routers).toMatchObject([{ id: 'spare' }, { id: 'hq', state: 'offline' }])
    expect(bytesOf(its)).toBe(0)
  })

  it('is forgotten also if a commit finds the loss, and gained again when it is free', async () => {
    const its = house()
    const { leases, ownership, apply, hosts, scene } = its
    await apply(BOTH)
    leases.take(ACME_HQ)
    await ownership.lose(new Map([[ACME_HQ, 1]]))
    expect([...scene.books.routers]).toEqual([ACME_SPARE])
    leases.free(ACME_HQ)
    await apply(BOTH)
    expect(hosts).toEqual(['hq.example', 'spare.example', 'hq.example'])
    expect(scene.books.get(ACME_HQ)?.epoch).toBe(3)
  })

  it('keeps its bytes in the tenant’s total until the database is back', async () => {
    const its = house()
    const { leases, store, ownership, apply, run } = its
    await apply(BOTH)
    await read(its, ACME_HQ, 100)
    leases.take(ACME_HQ)
    store.answering = gone()
    await ownership.lose(new Map([[ACME_HQ, 1]]))
    expect(bytesOf(its)).toBe(100)
    store.answering = Promise.resolve()
    store.rollups.set(ACME_HQ, { total: { upload: 60n, download: 0n }, days: new Map(), lastDecision: 0 })
    run()
    await its.clock.turn(30_000)
    expect(bytesOf(its)).toBe(60)
  })

  it('is recorded as discarded after an outage of the database, with the time of the loss', async () => {
    const its = house()
    const { leases, store, recovery, ownership, apply, run, clock } = its
    await apply(BOTH)
    recovery.forgotten.length = 0
    await read(its, ACME_HQ, 100)
    leases.take(ACME_HQ)
    const lostAt = clock.now()
    store.answering = gone()
    await ownership.lose(new Map([[ACME_HQ, 1]]))
    expect(recovery.forgotten).toEqual([])
    store.answering = Promise.resolve()
    run()
    await clock.turn(30_000)
    expect(store.discarded).toMatchObject([{ at: lostAt, detail: { upload: 100 } }])
    expect(recovery.forgotten).toEqual([ACME_HQ])
    await clock.turn(60_000)
    expect(store.discarded).toHaveLength(1)
  })

  it('is not gained again before what waited is recorded as discarded', async () => {
    const its = house()
    const { leases, store, recovery, ownership, apply, run, scene } = its
    await apply(BOTH)
    await read(its, ACME_HQ, 100)
    leases.take(ACME_HQ)
    store.failing.set('recordDiscarded', gone())
    await ownership.lose(new Map([[ACME_HQ, 1]]))
    leases.free(ACME_HQ)
    run()
    await its.clock.turn(TURN_MS)
    expect(scene.books.has(ACME_HQ)).toBe(false)
    expect(leases.ours()).toEqual([ACME_SPARE])
    store.failing.clear()
    recovery.forgotten.length = 0
    await its.clock.turn(TURN_MS)
    expect(store.discarded).toHaveLength(1)
    expect(scene.books.has(ACME_HQ)).toBe(true)
  })

  it('keeps what a commit without an answer had written', async () => {
    const its = house()
    const { leases, store, ownership, apply, scene } = its
    await apply(BOTH)
    await read(its, ACME_HQ, 100)
    scene.store.answering = gone()
    await expect(scene.recorder.commit([ACME_HQ])).rejects.toThrow('gone')
    const position = scene.books.get(ACME_HQ)?.offered?.position ?? 0
    await read(its, ACME_HQ, 130)
    store.stored.set(ACME_HQ, { ...NEW_ROUTER, position, committedEpoch: 1 })
    leases.take(ACME_HQ)
    await ownership.lose(new Map([[ACME_HQ, 1]]))
    expect(store.discarded).toMatchObject([{ detail: { upload: 30 } }])
  })
})

describe('a gained router', () => {
  it.each(['load', 'loadRollups', 'recordDiscarded'] as const)(
    'while the store fails is given back, and gained with the next turn: %s',
    async method => {
      const its = house()
      const { leases, store, recovery, apply, run, hosts, scene } = its
      leases.take(ACME_HQ)
      await apply(BOTH)
      run()
      recovery.left.set(ACME_HQ, { records: [], unapplied: LEFT })
      leases.free(ACME_HQ)
      store.failing.set(method, gone())
      await its.clock.turn(TURN_MS)
      expect(leases.ours()).toEqual([ACME_SPARE])
      expect(scene.books.has(ACME_HQ)).toBe(false)
      expect(recovery.left.has(ACME_HQ)).toBe(true)
      store.failing.clear()
      await its.clock.turn(TURN_MS)
      expect(leases.ours()).toContain(ACME_HQ)
      expect(hosts.filter(host => host === 'hq.example')).toHaveLength(1)
      expect(recovery.forgotten).toContain(ACME_HQ)
    },
  )

  it('is read even while other routers cannot be loaded', async () => {
    const its = house()
    const { leases, store, apply, run, scene } = its
    leases.take(ACME_HQ)
    await apply(BOTH)
    run()
    leases.free(ACME_HQ)
    store.failing.set('loadOtherRouters', gone())
    await its.clock.turn(TURN_MS)
    expect(scene.books.has(ACME_HQ)).toBe(true)
    expect(leases.ours()).toContain(ACME_HQ)
  })

  it('has its overtaken readings recorded as discarded, the same at each try', async () => {
    const its = house()
    const { leases, store, recovery, apply, run, clock } = its
    leases.take(ACME_HQ)
    await apply(BOTH)
    run()
    const began = its.scene.clock.now()
    recovery.left.set(ACME_HQ, { records: [], unapplied: LEFT })
    leases.free(ACME_HQ)
    const { promise, release } = held(undefined)
    store.failing.set('recordDiscarded', promise)
    await clock.turn(TURN_MS)
    release()
    await clock.turn(TURN_MS)
    const detail = { reason: 'overtaken', readings: 3, upload: 100, download: 20 }
    expect(store.discarded).toEqual([{ ...refOf('acme', 'hq'), at: began, detail }])
  })

  it('is not read if it was removed meanwhile, and is given back', async () => {
    const its = house()
    const { leases, store, apply, run, hosts, scene, clock } = its
    leases.take(ACME_HQ)
    await apply(BOTH)
    run()
    leases.free(ACME_HQ)
    const { promise, release } = held(undefined)
    store.failing.set('load', promise)
    await clock.turn(TURN_MS)
    const applied = apply(tenants({ acme: [router('spare')] }))
    await clock.turn(0)
    release()
    await clock.turn(0)
    await applied
    await clock.turn(0)
    await scene.recorder.commit([...scene.recorder.pending().keys()])
    await clock.turn(TURN_MS)
    expect([...scene.books.routers]).toEqual([ACME_SPARE])
    expect(leases.ours()).toEqual([ACME_SPARE])
    expect(its.links()).toBe(1)
    expect(hosts.filter(host => host === 'spare.example')).toHaveLength(1)
  })
})

describe('a forgotten router whose lease is not given back yet', () => {
  it('is opened at another epoch if it comes back', async () => {
    const its = house()
    const { apply, scene, leases, hosts } = its
    await apply(BOTH)
    await apply(tenants({ acme: [router('spare')] }))
    await scene.recorder.commit([ACME_HQ])
    expect(leases.ours()).toContain(ACME_HQ)
    await apply(BOTH)
    expect(scene.books.get(ACME_HQ)?.epoch).toBe(2)
    expect(hosts).toEqual(['hq.example', 'spare.example', 'hq.example'])
  })

  it('is given back if it does not come back', async () => {
    const its = house()
    const { apply, scene, leases, run } = its
    await apply(BOTH)
    await apply(tenants({ acme: [router('spare')] }))
    run()
    await its.clock.turn(TURN_MS)
    expect(leases.ours()).toContain(ACME_HQ)
    await scene.recorder.commit([ACME_HQ])
    await its.clock.turn(TURN_MS)
    expect(leases.ours()).toEqual([ACME_SPARE])
  })
})

describe('a router that is lost while a config is being applied', () => {
  it('is lost before or after that, and never read twice', async () => {
    const its = house()
    const { apply, store, leases, ownership, scene, clock, links } = its
    await apply(BOTH)
    const { promise, release } = held(undefined)
    store.answering = promise
    const applied = apply(tenants({ acme: [router('hq', 'timeout: 3s'), router('spare')] }))
    leases.take(ACME_HQ)
    const lost = ownership.lose(new Map([[ACME_HQ, 1]]))
    await clock.turn(0)
    expect(scene.books.has(ACME_HQ)).toBe(true)
    release()
    await clock.turn(0)
    await Promise.all([applied, lost])
    expect(scene.books.has(ACME_HQ)).toBe(false)
    expect(links()).toBe(1)
  })
})

describe('the first config', () => {
  it('commits what the journal has of removed routers, and does not read them', async () => {
    const before = new Scene()
    const gone = before.addRouter('gone')
    await before.clock.turn(1_000)
    await before.read(gone, { ann: { upload: 100, download: 20 } })
    const { apply, store, recovery, scene, links } = house()
    store.know(refOf('acme', 'gone'))
    const records = before.journal.appended.map(({ decision }) => ({ kind: 'decision' as const, decision }))
    recovery.left.set(gone, { records, unapplied: { readings: 0, bytes: { upload: 0n, download: 0n } } })
    const readBefore = links()
    await apply(BOTH)
    expect(scene.recorder.pending().get(gone)).toBe(1)
    expect(scene.books.get(gone)).toMatchObject({ isRemoved: true })
    expect([recovery.routers, recovery.takings, store.discarded]).toEqual([[], [gone], []])
    expect(links() - readBefore).toBe(2)
    await scene.recorder.commit([gone])
    expect(scene.books.has(gone)).toBe(false)
  })

  it('ends the sessions of routers that were removed while no daemon ran, with or without their tenants', async () => {
    const { apply, store, scene, links } = house()
    const before = new Scene()
    const read = before.addRouter('gone')
    await before.read(read, { ann: { upload: 100, download: 20 } })
    const book = before.books.get(read)
    if (!book) throw new Error('the router was just read')
    const ledgers = new Map(book.services.map(service => [service, book.ledger(service)]))
    const left = [refOf('acme', 'gone'), refOf('bygone', 'hq')]
    const keys = [keyOf('acme', 'gone'), keyOf('bygone', 'hq')]
    for (const key of keys) store.stored.set(key, { position: 1, committedEpoch: 1, ledgers })
    for (const ref of left) store.know(ref)
    store.removed = {
      tenants: [{ id: refOf('bygone', 'hq').tenant, timezone: 'Asia/Kathmandu' }],
      routers: left,
    }
    const readBefore = links()
    await apply(BOTH)
    expect(links() - readBefore).toBe(2)
    await scene.recorder.commit(keys)
    for (const key of keys) {
      const commit = scene.store.batches.flat().find(it => keyOf(it.tenant, it.router) === key)
      const ends = [...(commit?.pending.sessions.values() ?? [])].map(({ end }) => end?.reason)
      expect(ends).toEqual(['removed'])
      expect(scene.books.has(key)).toBe(false)
    }
    expect(scene.board.tenants()).not.toContain('bygone')
  })

  it('discards what another daemon has overtaken of removed routers, with its bytes', async () => {
    const { apply, store, recovery, lines, clock } = house()
    store.know(refOf('acme', 'gone'))
    recovery.left.set(keyOf('acme', 'gone'), { records: [], unapplied: LEFT })
    recovery.left.set(keyOf('elsewhere', 'unknown'), { records: [], unapplied: LEFT })
    await apply(BOTH)
    const detail = { readings: 3, upload: 100, download: 20 }
    expect(store.discarded).toEqual([
      { ...refOf('acme', 'gone'), at: clock.now(), detail: { ...detail, reason: 'overtaken' } },
    ])
    expect(recovery.routers).toEqual([])
    const msg = 'journaled readings of a removed router discarded'
    expect(lines.lines.filter(line => line['msg'] === msg)).toMatchObject([
      { router: 'elsewhere/unknown', ...detail, reason: 'removed', isKnown: false },
    ])
  })

  it('is not applied if that cannot be recorded, and nothing is forgotten', async () => {
    const its = house()
    const { apply, store, recovery } = its
    store.know(refOf('acme', 'gone'))
    recovery.left.set(keyOf('acme', 'gone'), { records: [], unapplied: LEFT })
    store.failing.set('recordDiscarded', gone())
    await expect(apply(BOTH)).rejects.toThrow('gone')
    expect(recovery.forgotten).toEqual([])
  })

  it('leaves what the journal has of configured routers until they are gained', async () => {
    const its = house()
    const { apply, recovery, leases } = its
    leases.take(ACME_HQ)
    recovery.left.set(ACME_HQ, { records: [], unapplied: LEFT })
    await apply(BOTH)
    expect(recovery.routers).toEqual([ACME_HQ])
  })

  it('is not applied if no lease can be acquired', async () => {
    const { apply, leases } = house()
    leases.answering = gone()
    await expect(apply(BOTH)).rejects.toThrow('gone')
  })
})

it('a later config is applied even if no lease can be acquired, and the next turn acquires them', async () => {
  const { apply, leases, run, clock, hosts } = house()
  await apply(tenants({ acme: [router('hq')] }))
  leases.answering = gone()
  await apply(BOTH)
  expect(hosts).toEqual(['hq.example'])
  leases.answering = Promise.resolve()
  run()
  await clock.turn(TURN_MS)
  expect(hosts).toEqual(['hq.example', 'spare.example'])
})

it('a removed router stays in the tenant’s total, even if a query for other routers is under way', async () => {
  const its = house()
  const { apply, store, scene, clock } = its
  await apply(BOTH)
  await read(its, ACME_HQ, 100)
  await apply(tenants({ acme: [router('spare')] }))
  const { promise, release } = held(undefined)
  store.failing.set('loadOtherRouters', promise)
  const applied = apply(tenants({ acme: [router('spare'), router('new')] }))
  await clock.turn(0)
  // The answer on its way leaves the router out, because it was still here when the query was sent.
  await scene.recorder.commit([ACME_HQ])
  release()
  await applied
  expect(scene.books.has(ACME_HQ)).toBe(false)
  expect(bytesOf(its)).toBe(100)
})

/** Sessions that a commit ends because their router was removed. */
function removedIn({ pending }: RouterCommit): readonly unknown[] {
  return [...pending.sessions.values()].filter(({ end }) => end?.reason === 'removed')
}

describe('a router that another daemon is to read', () => {
  it('is read once more, committed and given back, and its sessions stay open', async () => {
    const its = house()
    const { leases, roster, ownership, apply, run, scene, tenant, device } = its
    await apply(BOTH)
    run()
    await read(its, ACME_HQ, 100)
    const reads = () => device.links.reduce((sum, link) => sum + link.asks.length, 0)
    const before = reads()
    const moving = roster.owner.moveAway([ACME_HQ])
    await its.clock.turn(0)
    await moving
    expect(reads()).toBeGreaterThan(before)
    expect(scene.recorder.hurried()).toEqual([ACME_HQ])
    expect(tenant('acme')?.routers).toMatchObject([{ id: 'hq', state: 'online' }, {}])
    await scene.recorder.commit([ACME_HQ])
    expect(scene.books.has(ACME_HQ)).toBe(false)
    expect(bytesOf(its)).toBe(100)
    expect(tenant('acme')?.routers).toMatchObject([{ id: 'spare' }, { id: 'hq', state: 'online' }])
    await its.clock.turn(500)
    expect(leases.holders.get(ACME_HQ)?.owner).toBe('')
    expect(ownership.isHeld(ACME_HQ)).toBe(false)
    expect(scene.store.batches.flat().flatMap(commit => removedIn(commit))).toEqual([])
  })

  it('is read on here if it cannot be committed for ten seconds', async () => {
    const its = house()
    const { roster, apply, run, scene, poller } = its
    await apply(BOTH)
    run()
    await read(its, ACME_HQ, 100)
    await roster.owner.moveAway([ACME_HQ])
    expect(poller.health(ACME_HQ)).toBeUndefined()
    await its.clock.turn(9_000)
    expect(poller.health(ACME_HQ)).toBeUndefined()
    await its.clock.turn(1_500)
    expect(poller.health(ACME_HQ)?.state).toBe('online')
    expect(scene.books.isRead(ACME_HQ)).toBe(true)
    expect(bytesOf(its)).toBe(100)
  })

  it('is moved, and not removed, by a reload that no longer lists it', async () => {
    const its = house()
    const { store, apply, scene } = its
    await apply(BOTH)
    await read(its, ACME_HQ, 100)
    store.listedElsewhere.add(ACME_HQ)
    await apply(tenants({ acme: [router('spare')] }))
    expect(scene.books.get(ACME_HQ)?.leaving).toBe('moved')
  })
})
