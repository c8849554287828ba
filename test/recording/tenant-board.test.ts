import { describe, expect, it } from 'vitest'
import { Calendar } from '../../src/accounting/calendar.ts'
import { type RouterId, type RouterKey, routerId, routerKey, tenantId } from '../../src/accounting/ids.ts'
import type { StoredOtherRouter } from '../../src/recording/ports.ts'
import { ACME, BEGINNING, LAG_MS, Scene, STALE_MS } from './recorder-scene.ts'

describe('a tenant', () => {
  it('that is unknown has no snapshot, no totals and no sessions', () => {
    const { board, clock } = new Scene()
    const ghost = tenantId('ghost')
    expect(board.snapshot(ghost, clock.now())).toBeUndefined()
    expect(board.totals(ghost, clock.now())).toBeUndefined()
    expect(board.sessions(ghost, clock.now())).toBeUndefined()
  })

  it('that was removed has none either', () => {
    const { board, clock } = new Scene()
    board.removeTenant(ACME)
    expect(board.tenants()).toEqual([])
    expect(board.snapshot(ACME, clock.now())).toBeUndefined()
    expect(board.totals(ACME, clock.now())).toBeUndefined()
    expect(board.sessions(ACME, clock.now())).toBeUndefined()
  })

  it('that comes back still has what waits for the database of its routers', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    await scene.read(hq, { ann: { upload: 100, download: 0 } })
    scene.recorder.removeRouter(hq)
    scene.board.removeTenant(ACME)
    scene.board.addTenant(ACME, new Calendar('UTC'))
    expect(scene.board.tenants()).toEqual([ACME])
    expect(scene.snapshot().stats.bytes.total.upload).toBe(100)
  })

  it('has the day of its timezone, and that of a new timezone at once', () => {
    const scene = new Scene()
    scene.board.addTenant(ACME, new Calendar('Pacific/Kiritimati'))
    expect(scene.snapshot().stats).toMatchObject({ day: '2026-03-02', timezone: 'Pacific/Kiritimati' })
  })

  it('shows the conditions of its routers', () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    scene.addRouter('spare')
    scene.addRouter('named', 1, { name: 'Named' })
    const missingMenus = [{ menu: '/interface/pppoe-server', reason: 'no such command prefix' }]
    const lastError = 'connection refused'
    scene.conditions.set(hq, {
      state: 'offline',
      identity: 'MikroTik',
      lastError,
      missingMenus,
      overloaded: 'rows',
    })
    expect(scene.snapshot().routers).toMatchObject([
      {
        id: 'hq',
        name: 'MikroTik',
        state: 'offline',
        error: lastError,
        missing_menus: missingMenus,
        overloaded: true,
        overloaded_reason: 'rows',
      },
      { id: 'spare', name: 'spare', state: 'disabled', error: null, missing_menus: [] },
      { id: 'named', name: 'Named' },
    ])
    expect(scene.snapshot().stats).toMatchObject({ total_routers: 3, offline_routers: 1 })
  })
})

/** What the database has of a router: its total upload, and who is online since the beginning. */
function stored(upload: bigint, ...online: readonly string[]): StoredOtherRouter {
  const sum = { upload, download: 0n }
  return {
    stamp: '1/1',
    name: undefined,
    rollup: { total: sum, days: new Map([['2026-03-01', sum]]), lastDecision: 0 },
    services: new Map([['ppp', { readAt: BEGINNING, online, uncounted: 1 }]]),
  }
}

interface Seen {
  readonly here?: readonly RouterKey[]
  readonly isEnabled?: boolean
  readonly isListed?: boolean
}

function see({ board }: Scene, routers: Readonly<Record<string, StoredOtherRouter>>, seen: Seen = {}): void {
  const { here = [], isEnabled = true, isListed = true } = seen
  const its = new Map<RouterId, StoredOtherRouter>()
  for (const [name, one] of Object.entries(routers)) its.set(routerId(name), one)
  const configOf = () => (isListed ? { name: undefined, enabled: isEnabled } : undefined)
  board.setOtherRouters({ tenant: ACME, stored: its, here: new Set(here), configOf })
}

describe('a router that another daemon reads', () => {
  it('is online as long as its readings arrive in time through the database', async () => {
    const scene = new Scene()
    see(scene, { hill: stored(7n, 'ann', 'ann', 'bo') })
    await scene.clock.turn(STALE_MS + LAG_MS - 1)
    expect(scene.snapshot()).toMatchObject({
      stats: { active_sessions: 3, pppoe_users: 2, online_routers: 1, bytes: { total: { used: 7 } } },
      routers: [{ id: 'hill', name: 'hill', state: 'online', ppp: 3, hotspot: 0, uncounted: 1, error: null }],
    })
    await scene.clock.turn(1)
    expect(scene.snapshot()).toMatchObject({
      stats: { active_sessions: 0, pppoe_users: 0, offline_routers: 1, bytes: { total: { used: 7 } } },
      routers: [{ state: 'offline', ppp: 0, uncounted: 0, last_reading_at: BEGINNING.toISOString() }],
    })
  })

  it('that was never read is offline, and a disabled one is disabled', () => {
    const scene = new Scene()
    const unread = { stamp: '0/0', name: undefined, rollup: undefined, services: new Map() }
    see(scene, { hill: unread })
    expect(scene.snapshot().routers).toMatchObject([{ state: 'offline', last_reading_at: null }])
    see(scene, { hill: stored(7n) }, { isEnabled: false })
    expect(scene.snapshot().routers).toMatchObject([{ state: 'disabled' }])
  })

  it('has no sessions in the list', () => {
    const scene = new Scene()
    see(scene, { hill: stored(7n, 'ann') })
    expect([...(scene.board.sessions(ACME, scene.clock.now()) ?? expect.fail())]).toEqual([])
  })
})

describe('the tenant’s totals', () => {
  it('count a router once, whichever daemon reads it', async () => {
    const scene = new Scene()
    see(scene, { hq: stored(100n), hill: stored(7n) })
    expect(scene.snapshot().stats.bytes.total.used).toBe(107)
    const hq = scene.addRouter('hq')
    await scene.read(hq, { ann: { upload: 120, download: 0 } })
    expect(scene.snapshot().stats.bytes.total.used).toBe(127)
    expect(scene.snapshot().stats.bytes.today.used).toBe(127)
    expect(scene.snapshot().routers.map(it => it.id)).toEqual(['hq', 'hill'])
  })

  it('include a removed router, as the database has it', () => {
    const scene = new Scene()
    see(scene, { gone: stored(100n) }, { isListed: false })
    expect(scene.snapshot()).toMatchObject({
      routers: [],
      stats: { total_routers: 0, bytes: { total: { used: 100 } } },
    })
  })

  it('keep a forgotten router, even if an answer on its way leaves it out as one of ours', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    await scene.read(hq, { ann: { upload: 120, download: 0 } })
    scene.recorder.removeRouter(hq)
    await scene.recorder.commit([hq])
    expect(scene.snapshot().stats.bytes.total.used).toBe(120)
    see(scene, { hill: stored(7n) }, { here: [hq] })
    expect(scene.snapshot().stats.bytes.total.used).toBe(127)
    see(scene, { hill: stored(7n), hq: stored(130n) })
    expect(scene.snapshot().stats.bytes.total.used).toBe(137)
  })

  it('keep other routers when the timezone changes', () => {
    const scene = new Scene()
    see(scene, { hill: stored(7n) })
    scene.board.addTenant(ACME, new Calendar('Pacific/Kiritimati'))
    expect(scene.snapshot().stats.bytes.total.used).toBe(7)
  })

  it('do not exist for a tenant that never was here', () => {
    const scene = new Scene()
    const ghost = tenantId('ghost')
    const here = new Set([routerKey(ghost, routerId('hq'))])
    scene.board.setOtherRouters({ tenant: ghost, stored: new Map(), here, configOf: () => undefined })
    expect(scene.board.totals(ghost, scene.clock.now())).toBeUndefined()
    expect(scene.board.spreading(ghost)).toBeUndefined()
  })
})

describe('while a router moves to another daemon, the others are told', () => {
  /** What the daemon tells of its routers: the upload of each, and under which lease. */
  function told({ board, clock }: Scene) {
    return board.part(ACME, clock.now()).map(({ id, epoch, total, state }) => {
      return { id, epoch, upload: total.upload, state }
    })
  }

  it('its last numbers by the daemon that gives it away, until its new reader tells of it', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq', 4)
    await scene.read(hq, { ann: { upload: 120, download: 0 } })
    scene.recorder.moveRouter(hq)
    await scene.recorder.commit([hq])
    expect(scene.books.get(hq)).toBeUndefined()
    const last = { id: 'hq', epoch: 4, upload: 120n, state: 'online' }
    expect(told(scene)).toEqual([last])
    const [part = expect.fail()] = scene.board.part(ACME, scene.clock.now())
    const partsOf = (epoch: number) => new Map([['them', { routers: [{ ...part, epoch }], lagMs: LAG_MS }]])
    scene.board.setParts(ACME, partsOf(3), undefined)
    expect(told(scene)).toEqual([last])
    scene.board.setParts(ACME, partsOf(5), undefined)
    expect(told(scene)).toEqual([])
  })

  it('nothing by the daemon that gave it away, once the tables have later numbers, or it is stale', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    await scene.read(hq, { ann: { upload: 120, download: 0 } })
    scene.recorder.moveRouter(hq)
    await scene.recorder.commit([hq])
    await scene.clock.turn(STALE_MS)
    expect(told(scene)).toEqual([])
    see(scene, { hq: stored(130n) })
    expect(told(scene)).toEqual([])
  })

  it('its numbers before its first reading by the daemon that has taken it', async () => {
    const scene = new Scene()
    see(scene, { hq: stored(100n, 'ann') })
    scene.addRouter('hq', 5)
    expect(told(scene)).toMatchObject([{ id: 'hq', epoch: 5, state: 'online' }])
    expect(scene.board.part(ACME, scene.clock.now())[0]?.services.get('ppp')).toMatchObject({ sessions: 1 })
    await scene.clock.turn(STALE_MS + LAG_MS)
    expect(told(scene)).toEqual([])
  })

  it('nothing of a removed router', async () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    await scene.read(hq, { ann: { upload: 120, download: 0 } })
    scene.recorder.removeRouter(hq)
    expect(told(scene)).toEqual([])
    await scene.recorder.commit([hq])
    expect(told(scene)).toEqual([])
  })
})
