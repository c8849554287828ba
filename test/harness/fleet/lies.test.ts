import { expect, onTestFinished, test } from 'vitest'
import { ACTIVE, askAll, HOTSPOT, INTERFACE, moved, SERVER, setUp } from './asked.ts'
import type { LieKind } from './lie.ts'
import { enter, HOTSPOT_ANN, PPP_ANN } from './opened.ts'
import { propertiesOf, type ScriptedClient } from './scripted-client.ts'
import type { CarriedReading } from './truth.ts'

const ONCE = { readings: 1, variant: 0.9 }

async function rowsOf(client: ScriptedClient, command: readonly string[]) {
  const replies = await client.ask(...command)
  return replies.filter(([word]) => word === '!re').map(propertiesOf)
}

/** Ann on a hotspot, read once, and one second later a lie about her. */
async function lieOfHotspot(kind: LieKind, how: { readings: number; variant: number } = ONCE) {
  const scene = await setUp()
  const session = scene.router.login(HOTSPOT_ANN)
  scene.clock.turn(10_000)
  await scene.client.ask(...HOTSPOT)
  scene.clock.turn(1_000)
  scene.router.lies.tell(session, { kind, ...how })
  const rows = await rowsOf(scene.client, HOTSPOT)
  return { ...scene, session, rows }
}

test('the truth behind wrong counters is carried', async () => {
  const expected = {
    'counters zero': { 'bytes-in': '0', 'bytes-out': '0' },
    'counters as after a reset': { 'bytes-in': '100', 'bytes-out': '1000' },
    'counters slightly below': { 'bytes-in': '970', 'bytes-out': '9700' },
  } as const
  for (const kind of Object.keys(expected) as (keyof typeof expected)[]) {
    const { rows, router, session } = await lieOfHotspot(kind)
    expect(rows).toMatchObject([expected[kind]])
    expect(router.truthOf(session).carried).toEqual(moved(11))
  }
})

test('a row can come twice, and once smaller', async () => {
  expect((await lieOfHotspot('row twice')).rows).toMatchObject([
    { 'bytes-in': '1100' },
    { 'bytes-in': '1100' },
  ])
  const { rows, router, session } = await lieOfHotspot('row twice, once smaller')
  expect(rows).toMatchObject([{ 'bytes-in': '550' }, { 'bytes-in': '1100' }])
  expect(router.truthOf(session).carried).toEqual(moved(11))
})

test('a row that is missing or cannot be read is carried by the next one', async () => {
  for (const kind of ['row missing', 'uptime unreadable', 'counters unreadable'] as const) {
    const { router, session, client } = await lieOfHotspot(kind)
    expect(router.truthOf(session).carried).toEqual(moved(10))
    await client.ask(...HOTSPOT)
    expect(router.truthOf(session).carried).toEqual(moved(11))
  }
})

test('an unreadable property is missing, or is not a number', async () => {
  expect((await lieOfHotspot('row missing')).rows).toEqual([])
  expect((await lieOfHotspot('uptime unreadable')).rows).toMatchObject([{ uptime: 'unknown' }])
  const [row] = (await lieOfHotspot('counters unreadable', { readings: 1, variant: 0 })).rows
  expect(Object.keys(row ?? {})).not.toContain('bytes-out')
})

test('an uptime can be since 1970', async () => {
  expect((await lieOfHotspot('up since 1970')).rows).toMatchObject([{ uptime: '2920w' }])
})

test('a lie is told in a number of readings, one lie at a time, with a true reading before the next', async () => {
  const { router, session, client } = await lieOfHotspot('counters zero', { readings: 2, variant: 0 })
  const { lies } = router
  expect(() => lies.tell(session, { kind: 'row twice', ...ONCE })).toThrow(RangeError)
  expect(await rowsOf(client, HOTSPOT)).toMatchObject([{ 'bytes-in': '0' }])
  expect(lies.of(session)).toBeUndefined()
  expect(lies.trueSinceMs(session)).toBeUndefined()
  expect(await rowsOf(client, HOTSPOT)).toMatchObject([{ 'bytes-in': '1100' }])
  expect(lies.trueSinceMs(session)).toBe(router.now())
})

test('a cut reply tells no lie', async () => {
  const { router, session, client } = await lieOfHotspot('counters zero', { readings: 2, variant: 0 })
  router.cutNextReply({ by: 'fin' })
  await client.ask(...HOTSPOT)
  expect(router.lies.of(session)?.timesTold).toBe(1)
})

test('a reading names the sessions that were lied about', async () => {
  const { router, session, client } = await lieOfHotspot('row twice')
  const readings: CarriedReading[] = []
  router.onReading(reading => readings.push(reading))
  router.lies.tell(session, { kind: 'row missing', ...ONCE })
  await client.ask(...HOTSPOT)
  await client.ask(...HOTSPOT)
  expect(readings.map(({ lies }) => [...lies.keys()])).toEqual([[session], []])
})

test('a hotspot session continues at another address, and under a domain', async () => {
  const { clock, router, client } = await setUp()
  const session = router.login(HOTSPOT_ANN)
  await client.ask(...HOTSPOT)
  const [hotspot] = router.sessions.hotspot()
  if (!hotspot) throw new Error('she is logged in')
  router.sessions.readdress(hotspot, '192.168.10.99')
  hotspot.domain = 'north.example'
  clock.turn(1_000)
  const [, ...properties] = HOTSPOT
  const rows = await rowsOf(client, [HOTSPOT[0], `${properties[0]},domain,address`])
  expect(rows).toMatchObject([{ domain: 'north.example', address: '192.168.10.99' }])
  expect(router.truthOf(session).carried).toEqual(moved(1))
})

async function readPpp() {
  const scene = await setUp()
  const session = scene.router.login(PPP_ANN)
  await askAll(scene.client, ACTIVE, INTERFACE, SERVER)
  scene.clock.turn(1_000)
  return { ...scene, session }
}

test('the interface of a PPP session has wrong counters', async () => {
  const { router, session, client } = await readPpp()
  router.lies.tell(session, { kind: 'counters zero', ...ONCE })
  await askAll(client, ACTIVE)
  expect(await rowsOf(client, INTERFACE)).toMatchObject([{ 'rx-byte': '0', 'tx-byte': '0' }])
  expect(router.truthOf(session).carried).toEqual(moved(1))
})

test('a session whose row lacked a property is carried once its server row is known again', async () => {
  const { router, session, client } = await readPpp()
  router.lies.tell(session, { kind: 'uptime unreadable', readings: 1, variant: 0 })
  await askAll(client, ACTIVE, INTERFACE)
  await askAll(client, ACTIVE, INTERFACE)
  expect(router.truthOf(session).carried).toEqual(moved(0))
  await askAll(client, SERVER)
  expect(router.truthOf(session).carried).toEqual(moved(1))
})

test('it is not known again in that same reading', async () => {
  const { router, session, client } = await readPpp()
  router.lies.tell(session, { kind: 'counters unreadable', readings: 1, variant: 0 })
  await askAll(client, ACTIVE, INTERFACE, SERVER)
  await askAll(client, ACTIVE, INTERFACE)
  expect(router.truthOf(session).carried).toEqual(moved(0))
  await askAll(client, SERVER)
  expect(router.truthOf(session).carried).toEqual(moved(1))
})

test('a session with an unreadable value is carried by the next reading', async () => {
  const { router, session, client } = await readPpp()
  router.lies.tell(session, { kind: 'uptime unreadable', ...ONCE })
  await askAll(client, ACTIVE, INTERFACE)
  expect(router.truthOf(session).carried).toEqual(moved(0))
  await askAll(client, ACTIVE, INTERFACE)
  expect(router.truthOf(session).carried).toEqual(moved(1))
})

test('the server menu has another caller, or another name', async () => {
  for (const [kind, row] of [
    ['other caller in the server menu', { user: 'ann', 'remote-address': '02:FF:FF:FF:FF:FF' }],
    ['other name in the server menu', { user: 'ann@isp', 'remote-address': PPP_ANN.callerId }],
  ] as const) {
    const { router, session, client } = await readPpp()
    router.lies.tell(session, { kind, ...ONCE })
    expect(await rowsOf(client, SERVER)).toMatchObject([row])
  }
})

test('an interface continues under another name', async () => {
  const { router, client } = await readPpp()
  const [session] = router.sessions.ppp()
  if (!session) throw new Error('she is logged in')
  router.sessions.rename(session, '<pppoe-ann-1>')
  expect(await rowsOf(client, SERVER)).toMatchObject([{ name: '<pppoe-ann-1>', user: 'ann' }])
  expect(await rowsOf(client, INTERFACE)).toMatchObject([{ name: '<pppoe-ann-1>' }])
})

test('rows are missing in the server menus until the router recovers', async () => {
  const { router, client } = await readPpp()
  router.login({ ...PPP_ANN, callerId: '02:00:00:00:00:02' })
  router.faults.areServersShort = true
  expect(await rowsOf(client, SERVER)).toHaveLength(1)
  await router.recover()
  expect(await rowsOf(client, SERVER)).toHaveLength(2)
})

test('on a router that replaces another, counting begins with its first reading', async () => {
  const { clock, router, client } = await setUp()
  router.login(HOTSPOT_ANN)
  await client.ask(...HOTSPOT)
  const spare = router.spare({ serial: 'HF900001' })
  const session = spare.login({ ...HOTSPOT_ANN, loggedInForMs: 60_000 })
  await router.stop()
  await spare.start()
  onTestFinished(() => spare.stop())
  expect(spare.port).toBe(router.port)
  const other = await enter(spare)
  await other.ask(...HOTSPOT)
  expect(spare.truthOf(session)).toMatchObject({ everCarried: true, carried: moved(0) })
  clock.turn(1_000)
  await other.ask(...HOTSPOT)
  expect(spare.truthOf(session).carried).toEqual(moved(1))
})

test('the same holds for a session that was there and not in that reading', async () => {
  const { clock, router, client } = await setUp()
  await client.ask(...HOTSPOT)
  const spare = router.spare({ serial: 'HF900001' })
  const session = spare.login({ ...HOTSPOT_ANN, loggedInForMs: 60_000 })
  await router.stop()
  await spare.start()
  onTestFinished(() => spare.stop())
  const other = await enter(spare)
  await other.ask(...HOTSPOT, '?user=nobody')
  await other.ask(...HOTSPOT)
  const later = spare.login({ ...HOTSPOT_ANN, address: '192.168.10.9' })
  clock.turn(1_000)
  await other.ask(...HOTSPOT)
  expect(spare.truthOf(session).carried).toEqual(moved(1))
  expect(spare.truthOf(later).carried).toEqual(moved(1))
})

test('counters as after a reset begin at the last true reading, also at one under way when the lie was chosen', async () => {
  const { router, clock } = await setUp()
  const session = router.login(HOTSPOT_ANN)
  const truly = (upload: number): CarriedReading => {
    const shown = { counters: { upload, download: 0 }, atMs: clock.now(), added: moved(0) }
    return {
      service: 'hotspot',
      atMs: clock.now(),
      reader: 'ann',
      shown: new Map([[session, shown]]),
      lies: new Map(),
    }
  }
  router.lies.note(truly(1_000))
  const telling = router.lies.tell(session, { kind: 'counters as after a reset', ...ONCE })
  router.lies.note(truly(1_500))
  expect(telling.counters({ upload: 1_600, download: 0 })).toEqual({ upload: 100, download: 0 })
})
