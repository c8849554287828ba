import { describe, expect, it, test } from 'vitest'
import { Calendar } from '../../src/accounting/calendar.ts'
import { type RouterKey, routerId, routerKey, tenantId } from '../../src/accounting/ids.ts'
import { ACME, GIB, Scene, Unavailable } from './recorder-scene.ts'

const NONE = { upload: 0, download: 0 }

describe('a reading', () => {
  it('is in the live snapshot at once, and in the database at the next commit', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    await scene.clock.turn(10_000)
    await scene.read(hq, { ann: { upload: GIB, download: 2 * GIB } })
    expect(scene.snapshot().stats).toMatchObject({ data_usage: 3, today_data_usage: 3, active_sessions: 1 })
    expect(scene.store.batches).toEqual([])
    expect(scene.recorder.pending()).toEqual(new Map([[hq, 1]]))
    await scene.recorder.commit([hq])
    expect(scene.offers(hq)).toEqual([{ ann: { upload: GIB, download: 2 * GIB } }])
    expect(scene.recorder.pending()).toEqual(new Map())
    expect(scene.snapshot().stats).toMatchObject({ data_usage: 3 })
  })

  it('is counted from the one before', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    await scene.read(hq, { ann: { upload: 100, download: 0 } })
    await scene.clock.turn(5_000)
    await scene.read(hq, { ann: { upload: 150, download: 30 } })
    expect(scene.snapshot().stats.bytes.total).toEqual({ upload: 150, download: 30, used: 180 })
    await scene.recorder.commit([hq])
    expect(scene.offers(hq)).toEqual([{ ann: { upload: 150, download: 30 } }])
  })

  it('gives rates between it and the one before', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    await scene.read(hq, { ann: NONE, ben: NONE })
    await scene.clock.turn(5_000)
    await scene.read(hq, { ann: { upload: 5_000, download: 50_000 }, ben: NONE })
    expect(scene.snapshot().stats.rates).toEqual({ upload_bps: 8_000, download_bps: 80_000 })
    const sessions = [...(scene.board.sessions(ACME, scene.clock.now()) ?? [])]
    expect(new Map(sessions.map(it => [it.username, [it.upload_bps, it.download_bps]]))).toEqual(
      new Map([
        ['ann', [8_000, 80_000]],
        ['ben', [0, 0]],
      ]),
    )
  })

  it('of an unknown router or tenant is ignored', async () => {
    const scene = new Scene()
    const ghost = routerKey(ACME, routerId('ghost'))
    await scene.read(ghost, { ann: NONE })
    expect(scene.recorder.pending()).toEqual(new Map())
  })
})

describe('a commit that failed', () => {
  it('is offered again unchanged, and what came since is a commit of its own', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    await scene.read(hq, { ann: { upload: 100, download: 0 } })
    scene.store.answering = Promise.reject(new Unavailable('gone'))
    await expect(scene.recorder.commit([hq])).rejects.toThrow('gone')
    await scene.clock.turn(5_000)
    await scene.read(hq, { ann: { upload: 170, download: 0 } })
    expect(scene.snapshot().stats.bytes.total.upload).toBe(170)
    scene.store.answering = Promise.resolve()
    await scene.recorder.commit([hq])
    expect(scene.offers(hq).map(it => it['ann']?.upload)).toEqual([100, 100, 70])
    const [first, again, rest] = scene.store.batches.map(([commit]) => commit?.pending)
    expect(again).toBe(first)
    expect(rest?.basePosition).toBe(first?.position)
    expect(scene.recorder.pending()).toEqual(new Map())
  })

  it('but had been written is not added again', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    await scene.read(hq, { ann: { upload: 100, download: 0 } })
    scene.store.answering = Promise.reject(new Unavailable('gone'))
    await expect(scene.recorder.commit([hq])).rejects.toThrow('gone')
    scene.store.answering = Promise.resolve()
    scene.store.outcomes.set(hq, { kind: 'already' })
    await scene.recorder.commit([hq])
    expect(scene.recorder.pending()).toEqual(new Map())
    expect(scene.snapshot().stats.bytes.total.upload).toBe(100)
  })

  it('loses no reading that came while it was under way', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    await scene.read(hq, { ann: { upload: 100, download: 0 } })
    let answer: () => void = () => {}
    scene.store.answering = new Promise(resolve => {
      answer = resolve
    })
    const committed = scene.recorder.commit([hq])
    await scene.clock.turn(5_000)
    await scene.read(hq, { ann: { upload: 130, download: 0 } })
    answer()
    await committed
    expect(scene.recorder.pending()).toEqual(new Map([[hq, 1]]))
    await scene.recorder.commit([hq])
    expect(scene.offers(hq).map(it => it['ann']?.upload)).toEqual([100, 30])
  })
})

describe('a router that the database refuses', () => {
  it('keeps what it has, is offered it once a commit, and lets the others through', async () => {
    const scene = new Scene()
    const bad = scene.addRouter('bad')
    const good = scene.addRouter('good')
    scene.store.outcomes.set(bad, { kind: 'refused', reason: 'invalid byte sequence' })
    for (let round = 1; round <= 3; round++) {
      await scene.read(bad, { ann: { upload: 100 * round, download: 0 } })
      await scene.read(good, { ben: { upload: 10 * round, download: 0 } })
      const { refused, lost } = await scene.recorder.commit([bad, good])
      expect(refused).toEqual(new Map([[bad, 'invalid byte sequence']]))
      expect(lost.size).toBe(0)
      expect([...scene.recorder.pending().keys()]).toEqual([bad])
      await scene.clock.turn(5_000)
    }
    expect(scene.offers(good).map(it => it['ben']?.upload)).toEqual([10, 10, 10])
    expect(scene.offers(bad).map(it => it['ann']?.upload)).toEqual([100, 100, 100])
    scene.store.outcomes.delete(bad)
    await scene.recorder.commit([bad])
    expect(scene.offers(bad).map(it => it['ann']?.upload)).toEqual([100, 100, 100, 100, 200])
  })
})

describe('a router whose position in the database is not that of the last commit', () => {
  it('is a bug and stops everything', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    await scene.read(hq, { ann: NONE })
    scene.store.outcomes.set(hq, { kind: 'conflict', position: 7 })
    await expect(scene.recorder.commit([hq])).rejects.toThrow(
      'acme/hq: the database is where the last commit left it: position 7, base 0',
    )
  })
})

describe('a router that is silent for too long', () => {
  it('leaves the live counts, and its sessions stay open', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    await scene.read(hq, { ann: { upload: 100, download: 0 } })
    await scene.clock.turn(59_999)
    expect(scene.snapshot().stats).toMatchObject({ active_sessions: 1, hotspot_users: 1 })
    await scene.clock.turn(1)
    expect(scene.snapshot().stats).toMatchObject({ active_sessions: 0, hotspot_users: 0 })
    expect([...(scene.board.sessions(ACME, scene.clock.now()) ?? expect.fail())]).toEqual([])
    expect(scene.snapshot().routers).toMatchObject([
      { hotspot: 0, last_reading_at: '2026-03-01T12:00:00.000Z' },
    ])
    await scene.read(hq, { ann: { upload: 150, download: 0 } })
    expect(scene.snapshot().stats).toMatchObject({ active_sessions: 1, bytes: { total: { upload: 150 } } })
    await scene.recorder.commit([hq])
    const sessions = [...(scene.store.batches[0]?.[0]?.pending.sessions.values() ?? [])]
    expect(sessions.map(({ end }) => end)).toEqual([undefined])
  })
})

describe('a removed router', () => {
  it('is forgotten with its last commit, and not before', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    await scene.read(hq, { ann: { upload: 100, download: 0 } })
    scene.recorder.removeRouter(hq)
    expect(scene.snapshot()).toMatchObject({ routers: [], stats: { bytes: { total: { upload: 100 } } } })
    scene.store.answering = Promise.reject(new Unavailable('gone'))
    await expect(scene.recorder.commit([hq])).rejects.toThrow('gone')
    expect(scene.recorder.pending().size).toBe(1)
    scene.store.answering = Promise.resolve()
    await scene.recorder.commit([hq])
    expect(scene.recorder.takeBack(hq)).toBe(false)
  })

  it('is forgotten at once if nothing of it waits', () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    scene.recorder.removeRouter(hq)
    expect(scene.recorder.takeBack(hq)).toBe(false)
  })

  it('has its sessions ended as removed, with all bytes until its last reading', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    await scene.read(hq, { ann: { upload: 100, download: 0 } })
    const readAt = scene.clock.now()
    await scene.clock.turn(3_000)
    scene.recorder.removeRouter(hq)
    await scene.recorder.commit([hq])
    expect(scene.offers(hq)).toEqual([{ ann: { upload: 100, download: 0 } }])
    const [ann] = [...(scene.store.batches[0]?.[0]?.pending.sessions.values() ?? [])]
    expect(ann?.end).toMatchObject({ reason: 'removed', endTime: readAt })
    expect(scene.journal.appended.at(-1)?.decision.entries).toMatchObject([{ reason: 'removed' }])
  })

  it('that comes back before that keeps its ledger, and counts on', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    await scene.read(hq, { ann: { upload: 100, download: 0 } })
    scene.recorder.removeRouter(hq)
    expect(scene.recorder.takeBack(hq)).toBe(true)
    await scene.recorder.commit([hq])
    await scene.clock.turn(5_000)
    await scene.read(hq, { ann: { upload: 130, download: 0 } })
    expect(scene.snapshot().stats).toMatchObject({ active_sessions: 1, bytes: { total: { upload: 130 } } })
    await scene.recorder.commit([hq])
    expect(scene.offers(hq).map(it => it['ann']?.upload)).toEqual([100, 30])
    const ends = scene.store.batches
      .flat()
      .map(it => [...it.pending.sessions.values()].map(({ end }) => end?.reason))
    expect(ends).toEqual([['removed'], [undefined]])
  })
})

test('what waits for the database is in the order of its places', async () => {
  const scene = new Scene()
  const tenants = ['acme', 'globex', 'initech'].map(tenantId)
  scene.store.placeOf = tenant => (tenant === 'globex' ? 'node 2' : 'node 1')
  const keys: RouterKey[] = []
  for (const tenant of tenants) {
    scene.board.addTenant(tenant, new Calendar('UTC'))
    scene.addRouter('hq', 1, { tenant })
    const key = routerKey(tenant, routerId('hq'))
    keys.push(key)
    await scene.read(key, { ann: { upload: 1, download: 1 } })
  }
  expect([...scene.recorder.pending().keys()]).toEqual([keys[0], keys[2], keys[1]])
})
