import { expect, test } from 'vitest'
import { ACTIVE, askAll, HOTSPOT, INTERFACE, moved, SERVER, setUp } from './asked.ts'
import { utf8 } from './name.ts'
import { enter, HOTSPOT_ANN, PPP_ANN } from './opened.ts'
import { bySubscriber } from './truth.ts'

const TO_ANN = { protocol: 'pppoe', name: 'to-ann', user: utf8('ann') } as const

test('a whole hotspot reply carries what it shows; later bytes are only in the total', async () => {
  const { clock, router, client } = await setUp()
  const session = router.login(HOTSPOT_ANN)
  expect(router.truthOf(session)).toMatchObject({ everCarried: false, carried: moved(0) })
  clock.turn(2000)
  await client.ask(...HOTSPOT)
  clock.turn(3000)
  router.logout(session)
  clock.turn(3000)
  await client.ask(...HOTSPOT)
  expect(router.truth()).toMatchObject([
    { username: 'ann', everCarried: true, carried: moved(2), total: moved(5) },
  ])
})

test('a reply without the bytes carries nothing', async () => {
  const { clock, router, client } = await setUp()
  const session = router.login(HOTSPOT_ANN)
  clock.turn(2000)
  await client.ask('/ip/hotspot/active/print', '=.proplist=user,bytes-in')
  await client.ask('/ip/hotspot/active/print', '=count-only=')
  expect(router.truthOf(session).everCarried).toBe(false)
})

test('a cut reply carries nothing, and earlier ones on the connection carry everything', async () => {
  const { clock, router, client } = await setUp()
  const session = router.login(HOTSPOT_ANN)
  clock.turn(1000)
  await client.ask(...HOTSPOT)
  clock.turn(1000)
  router.cutNextReply({ by: 'rst' })
  await client.ask(...HOTSPOT)
  expect(router.truthOf(session).carried).toEqual(moved(1))
})

test('after a counter reset everything that is shown is added', async () => {
  const { clock, router, client } = await setUp()
  const session = router.login(HOTSPOT_ANN)
  clock.turn(5000)
  await client.ask(...HOTSPOT)
  clock.turn(1000)
  router.resetCounters(session)
  clock.turn(2000)
  await client.ask(...HOTSPOT)
  expect(router.truthOf(session)).toMatchObject({ carried: moved(7), total: moved(8) })
})

test('a PPP session is carried once its server row is known', async () => {
  const { clock, router, client } = await setUp()
  const session = router.login(PPP_ANN)
  clock.turn(1000)
  await askAll(client, ACTIVE, INTERFACE)
  expect(router.truthOf(session).everCarried).toBe(false)
  clock.turn(1000)
  await askAll(client, SERVER)
  expect(router.truthOf(session).carried).toEqual(moved(1))
  clock.turn(1000)
  await askAll(client, ACTIVE, INTERFACE)
  expect(router.truthOf(session).carried).toEqual(moved(3))
})

test('a server row is known on the connection that listed it', async () => {
  const { clock, router, client } = await setUp()
  const session = router.login(PPP_ANN)
  clock.turn(1000)
  await askAll(client, ACTIVE, INTERFACE, SERVER)
  clock.turn(1000)
  const other = await enter(router)
  await askAll(other, ACTIVE, INTERFACE)
  expect(router.truthOf(session).carried).toEqual(moved(1))
  await askAll(other, SERVER)
  expect(router.truthOf(session).carried).toEqual(moved(2))
})

test('interfaces without the active list, or before it, carry nothing', async () => {
  const { clock, router, client } = await setUp()
  const session = router.login(PPP_ANN)
  clock.turn(1000)
  await askAll(client, SERVER, INTERFACE, ACTIVE)
  expect(router.truthOf(session).everCarried).toBe(false)
})

test('a round with a refused or cut reply is not a reading', async () => {
  const { clock, router, client } = await setUp()
  const session = router.login(PPP_ANN)
  await askAll(client, ACTIVE, INTERFACE, SERVER)
  clock.turn(1000)
  router.failNext({ menu: '/ppp/active', messages: ['busy'], times: 1 })
  await askAll(client, ACTIVE, INTERFACE)
  expect(router.truthOf(session).carried).toEqual(moved(0))
  clock.turn(1000)
  router.cutNextReply({ menu: '/interface', by: 'fin' })
  await askAll(client, ACTIVE, INTERFACE)
  expect(router.truthOf(session).carried).toEqual(moved(0))
})

test('a refused server menu is no obstacle: sessions with a known interface are read', async () => {
  const { clock, router, client } = await setUp()
  const first = router.login(PPP_ANN)
  await askAll(client, ACTIVE, INTERFACE, SERVER)
  const second = router.login({ ...PPP_ANN, name: utf8('ben') })
  clock.turn(1000)
  router.failNext({ menu: '/interface/pppoe-server', messages: ['busy'], times: 1 })
  await askAll(client, ACTIVE, INTERFACE, SERVER)
  expect(router.truthOf(first).carried).toEqual(moved(1))
  expect(router.truthOf(second).everCarried).toBe(false)
})

test('a server menu that is cut with the connection is no obstacle either', async () => {
  const { clock, router, client } = await setUp()
  const first = router.login(PPP_ANN)
  await askAll(client, ACTIVE, INTERFACE, SERVER)
  router.login({ ...PPP_ANN, name: utf8('ben') })
  clock.turn(1000)
  router.cutNextReply({ menu: '/interface/pppoe-server', by: 'fin' })
  await askAll(client, ACTIVE, INTERFACE, SERVER)
  expect(router.truthOf(first).carried).toEqual(moved(1))
})

test('a session that one reading lacked is carried once the server menu lists it again', async () => {
  const { clock, router, client } = await setUp()
  const session = router.login(PPP_ANN)
  await askAll(client, ACTIVE, INTERFACE, SERVER)
  clock.turn(1000)
  await askAll(client, [...ACTIVE, '?name=nobody'], INTERFACE)
  await askAll(client, ACTIVE, INTERFACE)
  expect(router.truthOf(session).carried).toEqual(moved(0))
  await askAll(client, SERVER)
  expect(router.truthOf(session).carried).toEqual(moved(1))
})

test('while the server row of a new session is awaited, nobody in the round is carried yet', async () => {
  const { clock, router, client } = await setUp()
  const first = router.login(PPP_ANN)
  await askAll(client, ACTIVE, INTERFACE, SERVER)
  const second = router.login({ ...PPP_ANN, name: utf8('ben') })
  clock.turn(1000)
  await askAll(client, ACTIVE, INTERFACE)
  expect(router.truthOf(first).carried).toEqual(moved(0))
  await askAll(client, SERVER)
  expect(router.truthOf(first).carried).toEqual(moved(1))
  expect(router.truthOf(second).carried).toEqual(moved(1))
})

test('a client that continues without the server menu has read the sessions that it knew', async () => {
  const { clock, router, client } = await setUp()
  const first = router.login(PPP_ANN)
  await askAll(client, ACTIVE, INTERFACE, SERVER)
  router.login({ ...PPP_ANN, name: utf8('ben') })
  clock.turn(1000)
  await askAll(client, ACTIVE, INTERFACE)
  router.cutNextReply({ menu: '/ppp/active', by: 'fin' })
  await askAll(client, ACTIVE)
  expect(router.truthOf(first).carried).toEqual(moved(1))
})

test('a reset interface adds everything that it shows', async () => {
  const { clock, router, client } = await setUp()
  const session = router.login(PPP_ANN)
  clock.turn(5000)
  await askAll(client, ACTIVE, INTERFACE, SERVER)
  router.resetCounters(session)
  clock.turn(2000)
  await askAll(client, ACTIVE, INTERFACE)
  expect(router.truthOf(session).carried).toEqual(moved(7))
})

test('on a binding that was never read, counting begins with the first reading', async () => {
  const { clock, router, client } = await setUp()
  router.addBinding({ ...TO_ANN, counters: moved(50) })
  const session = router.login(PPP_ANN)
  clock.turn(1000)
  await askAll(client, ACTIVE, INTERFACE, SERVER)
  expect(router.truthOf(session)).toMatchObject({ everCarried: true, carried: moved(0) })
  clock.turn(1000)
  await askAll(client, ACTIVE, INTERFACE)
  expect(router.truthOf(session).carried).toEqual(moved(1))
})

test('a new session on a binding counts from the last value in any reading, also in idle ones', async () => {
  const { clock, router, client } = await setUp()
  router.addBinding({ ...TO_ANN, counters: moved(50) })
  const first = router.login(PPP_ANN)
  await askAll(client, ACTIVE, INTERFACE, SERVER)
  clock.turn(1000)
  router.logout(first)
  await askAll(client, ACTIVE, INTERFACE)
  const second = router.login(PPP_ANN)
  clock.turn(2000)
  await askAll(client, ACTIVE, INTERFACE, SERVER)
  expect(router.truthOf(first).carried).toEqual(moved(0))
  expect(router.truthOf(second).carried).toEqual(moved(2))
})

test('a binding that fell counts everything that it shows', async () => {
  const { clock, router, client } = await setUp()
  const binding = router.addBinding({ ...TO_ANN, counters: moved(50) })
  const first = router.login(PPP_ANN)
  await askAll(client, ACTIVE, INTERFACE, SERVER)
  router.logout(first)
  router.resetCounters(binding)
  const second = router.login(PPP_ANN)
  clock.turn(2000)
  await askAll(client, ACTIVE, INTERFACE, SERVER)
  expect(router.truthOf(second).carried).toEqual(moved(2))
})

test('after a reboot a binding counts from zero, even past its old value', async () => {
  const { clock, router, client } = await setUp()
  router.addBinding({ ...TO_ANN, counters: moved(1) })
  router.login(PPP_ANN)
  await askAll(client, ACTIVE, INTERFACE, SERVER)
  await router.reboot({ downForMs: 0 })
  const second = router.login(PPP_ANN)
  clock.turn(9000)
  await askAll(await enter(router), ACTIVE, INTERFACE, SERVER)
  expect(router.truthOf(second).carried).toEqual(moved(9))
})

test('the truth is the same if rows are interleaved', async () => {
  const { clock, router, client } = await setUp({ isInterleaving: true })
  const session = router.login(PPP_ANN)
  await askAll(client, ACTIVE, INTERFACE, SERVER)
  clock.turn(1000)
  await askAll(client, ACTIVE, INTERFACE)
  expect(router.truthOf(session).carried).toEqual(moved(1))
})

test('a subscriber’s truth is the sum over sessions', async () => {
  const { clock, router, client } = await setUp()
  router.login(HOTSPOT_ANN)
  router.login({ ...HOTSPOT_ANN, address: '192.168.10.9' })
  router.login(PPP_ANN)
  clock.turn(1000)
  await client.ask(...HOTSPOT)
  clock.turn(1000)
  const sums = bySubscriber(router.truth())
  expect(sums.get('hotspot/ann')).toMatchObject({ carried: { upload: 200n }, total: { upload: 400n } })
  expect(sums.get('ppp/ann')).toMatchObject({ carried: { upload: 0n }, total: { upload: 200n } })
})
