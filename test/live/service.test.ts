import { describe, expect, it } from 'vitest'
import { routerId } from '../../src/accounting/ids.ts'
import type { Reading } from '../../src/accounting/reading.ts'
import { liveService, sessionsJson, tailOf } from '../../src/live/service.ts'
import { ann, bytes, HOUR, hotspot, Meter, ppp, wallAt } from '../accounting/readings.ts'

function live(meter: Meter, reading: Reading) {
  const decision = meter.read(reading)
  return liveService(meter.ledger, decision, undefined)
}

describe('what is live', () => {
  it('rates are from the last two readings, in bits a second', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(1000, 1000))]))
    const { uploadBps, downloadBps, rates } = live(meter, ppp(5, [ann(-60, bytes(1500, 6000))]))
    expect([uploadBps, downloadBps]).toEqual([800, 8000])
    expect(rates().get(meter.session.id)).toEqual({ uploadBps: 800, downloadBps: 8000 })
  })

  it('a session without traffic has no rate', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(1000, 1000))]))
    const { uploadBps, rates } = live(meter, ppp(5, [ann(-60, bytes(1000, 1000))]))
    expect([uploadBps, rates().size]).toEqual([0, 0])
  })

  it('a session’s first rate is since its login, over at least a second', () => {
    const meter = new Meter()
    meter.read(ppp(0, []))
    expect(live(meter, ppp(60, [ann(50, bytes(1000, 0))])).uploadBps).toBe(800)
    expect(live(meter, ppp(61, [ann(61, bytes(1000, 0), { username: 'bob' })])).uploadBps).toBe(8000)
  })

  it('the wall clock does not affect rates', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(1000, 1000))]))
    const { uploadBps } = live(meter, ppp(5, [ann(-60, bytes(1500, 1000))], { wallAhead: -HOUR }))
    expect(uploadBps).toBe(800)
  })

  it('a subscriber with two sessions is one subscriber', () => {
    const meter = new Meter()
    const twin = { routerSessionId: '0x81300078' }
    const rows = [
      ann(-60, bytes(1, 1)),
      ann(-60, bytes(1, 1), twin),
      ann(-60, undefined, { username: 'bob' }),
    ]
    const { sessions, subscribers } = live(meter, ppp(0, rows))
    expect(sessions).toBe(3)
    expect(subscribers).toEqual(new Set(['ann', 'bob']))
  })

  it('sessions without counters in the last reading are counted, and missing ones are not', () => {
    const meter = new Meter()
    const [bob, cid, dee] = [{ username: 'bob' }, { username: 'cid' }, { username: 'dee' }]
    meter.read(ppp(0, [ann(-60, bytes(1, 1)), ann(-60, bytes(1, 1), bob), ann(-60, undefined, cid)]))
    const unread = [{ ...dee, unreadable: { rowId: '*1', property: 'uptime', value: 'soon' } }]
    const now = live(meter, ppp(5, [ann(-60, undefined), ann(-60, bytes(2, 2), bob)], { unread }))
    // The row that could not be read may be cid's, so cid is not missing for certain.
    expect([now.sessions, now.uncounted]).toEqual([4, 3])
    const later = live(meter, ppp(10, [ann(-60, bytes(2, 2)), ann(-60, bytes(2, 2), bob)]))
    expect([later.sessions, later.uncounted]).toEqual([2, 0])
  })

  it('a session that logged out is gone at once', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(1, 1))]))
    expect(live(meter, ppp(5, []))).toEqual({
      readAt: wallAt(5),
      sessions: 0,
      uncounted: 0,
      subscribers: new Set(),
      uploadBps: 0,
      downloadBps: 0,
      rates: expect.any(Function),
    })
  })

  it('a session is shown with its recorded bytes', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(1000, 1000)), ann(-60, bytes(1, 1), { macAddress: undefined })]))
    const rows = [ann(-60, bytes(1501, 6000)), ann(-60, bytes(1, 1), { macAddress: undefined })]
    const now = live(meter, hotspot(3, rows))
    const [still, moving] = [...sessionsJson(routerId('r1'), 'hotspot', meter.ledger, now)].sort(
      (a, b) => a.upload - b.upload,
    )
    expect(moving).toEqual({
      id: 'session-1',
      service: 'hotspot',
      username: 'ann',
      router: 'r1',
      ip_address: '10.5.50.10',
      mac_address: '34:12:F9:8A:21:4C',
      start_time: wallAt(-60).toISOString(),
      upload: 1501,
      download: 6000,
      upload_bps: 1336,
      download_bps: 13_333,
    })
    expect(still).toMatchObject({ mac_address: null, upload_bps: 0, download_bps: 0 })
  })
})

describe('rule 41 (docs/accounting.md)', () => {
  it('what a session may have moved after its last reading is estimated from its last rate, once', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(1000, 1000))]))
    const before = live(meter, ppp(5, [ann(-60, bytes(1500, 6000))]))
    expect(tailOf(meter.read(ppp(10, [])), before)).toEqual(bytes(500, 5000))
    expect(tailOf(meter.read(ppp(15, [])), before)).toEqual(bytes(0, 0))
  })

  it('is not counted for the session', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(1000, 1000))]))
    const [missed] = [meter.read(ppp(5, [])), meter.read(ppp(10, []))].flatMap(it => it.entries)
    expect(missed?.session.recorded).toEqual(bytes(1000, 1000))
  })
})
