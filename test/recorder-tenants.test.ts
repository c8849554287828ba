import { describe, expect, it } from 'vitest'
import { Calendar } from '../src/accounting/calendar.ts'
import { tenantId } from '../src/accounting/ids.ts'
import { Rollup } from '../src/accounting/rollup.ts'
import { ACME, NEW_ROUTER, recordedRouter, Scene } from './recorder-scene.ts'

describe('a tenant', () => {
  it('that is not there has no snapshot, no totals and no sessions', () => {
    const { recorder, clock } = new Scene()
    const ghost = tenantId('ghost')
    expect(recorder.snapshot(ghost, clock.now())).toBeUndefined()
    expect(recorder.totals(ghost, clock.now())).toBeUndefined()
    expect(recorder.sessions(ghost, clock.now())).toBeUndefined()
  })

  it('that left the config is not there either', () => {
    const { recorder, clock } = new Scene()
    recorder.retireTenant(ACME)
    expect(recorder.tenants()).toEqual([])
    expect(recorder.snapshot(ACME, clock.now())).toBeUndefined()
    expect(recorder.totals(ACME, clock.now())).toBeUndefined()
    expect(recorder.sessions(ACME, clock.now())).toBeUndefined()
  })

  it('that comes back has what was not yet in the database when its rollup was loaded', () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    scene.read(hq, { ann: { upload: 100, download: 0 } })
    scene.recorder.retireRouter(hq)
    scene.recorder.retireTenant(ACME)
    scene.recorder.addTenant(ACME, new Calendar('UTC'), new Rollup())
    expect(scene.recorder.tenants()).toEqual([ACME])
    expect(scene.snapshot().stats.bytes.total.upload).toBe(100)
  })

  it('has the day of its timezone, and of its new one from the moment it changes', () => {
    const scene = new Scene()
    scene.recorder.addTenant(ACME, new Calendar('Pacific/Kiritimati'), new Rollup())
    expect(scene.snapshot().stats).toMatchObject({ day: '2026-03-02', timezone: 'Pacific/Kiritimati' })
  })

  it('begins with what the database has of it', () => {
    const scene = new Scene()
    const other = tenantId('other')
    const sum = { upload: 5n, download: 7n }
    scene.recorder.addTenant(other, new Calendar('UTC'), new Rollup(sum, new Map([['2026-03-01', sum]])))
    expect(scene.recorder.snapshot(other, scene.clock.now())?.stats.bytes).toMatchObject({
      total: { used: 12 },
      today: { used: 12 },
    })
    expect(scene.recorder.totals(other, scene.clock.now())?.routers).toEqual([])
  })

  it('sees its routers as whoever reads them knows them', () => {
    const scene = new Scene()
    const hq = scene.addRouter('hq')
    scene.addRouter('spare')
    scene.recorder.addRouter({ ...recordedRouter('named'), name: 'Named' }, NEW_ROUTER)
    scene.conditions.set(hq, { state: 'offline', identity: 'MikroTik', lastError: 'connection refused' })
    expect(scene.snapshot().routers).toMatchObject([
      { id: 'hq', name: 'MikroTik', state: 'offline', error: 'connection refused' },
      { id: 'spare', name: 'spare', state: 'disabled', error: null },
      { id: 'named', name: 'Named' },
    ])
    expect(scene.snapshot().stats).toMatchObject({ total_routers: 3, offline_routers: 1 })
  })
})
