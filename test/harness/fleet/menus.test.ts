import { expect, test } from 'vitest'
import { rawName, utf8, windows1252 } from './name.ts'
import { enter, HandClock, HOTSPOT_ANN, PPP_ANN, startRouter } from './opened.ts'
import { steadyTraffic } from './traffic.ts'

test('an idle hotspot on 7.20 answers !empty and then !done', async () => {
  const client = await enter(await startRouter({ version: '7.20' }))
  expect(await client.ask('/ip/hotspot/active/print', '.tag=h')).toEqual([
    ['!empty', '.tag=h'],
    ['!done', '.tag=h'],
  ])
})

test('an idle hotspot on 6.49 answers !done alone', async () => {
  const client = await enter(await startRouter({ version: '6.49' }))
  expect(await client.ask('/ip/hotspot/active/print', '.tag=h')).toEqual([['!done', '.tag=h']])
})

test('a missing menu is a trap, in the words of each version', async () => {
  const old = await enter(await startRouter({ version: '6.49', packages: ['ppp'] }))
  expect(await old.ask('/ip/hotspot/active/print')).toEqual([
    ['!trap', '=message=no such command prefix'],
    ['!done'],
  ])
  const recent = await enter(await startRouter({ version: '7.20', packages: ['ppp'] }))
  expect(await recent.ask('/ip/hotspot/active/print')).toEqual([
    ['!trap', '=message=no such command or directory (hotspot), no such command prefix'],
    ['!done'],
  ])
})

test('a hotspot session shows its bytes as seen by the router, and its address as its id', async () => {
  const clock = new HandClock()
  const router = await startRouter({ now: clock.now })
  router.login(HOTSPOT_ANN)
  clock.turn(62_500)
  const [row] = await (await enter(router)).rows('/ip/hotspot/active/print')
  expect(row).toMatchObject({
    '.id': '*C0A80A08',
    user: 'ann',
    uptime: '1m2s',
    'bytes-in': '6250',
    'bytes-out': '62500',
  })
  expect(row).not.toHaveProperty('comment')
})

test('a PPP session has no bytes itself: they are on its interface, and rx is its upload', async () => {
  const clock = new HandClock()
  const router = await startRouter({ now: clock.now })
  router.login(PPP_ANN)
  clock.turn(2000)
  const client = await enter(router)
  const [active] = await client.rows('/ppp/active/print')
  expect(active).toMatchObject({ name: 'ann', service: 'pppoe', 'session-id': '0x81100001' })
  expect(Object.keys(active ?? {}).filter(key => key.includes('byte'))).toEqual([
    'limit-bytes-in',
    'limit-bytes-out',
  ])
  const proplist = '=.proplist=.id,name,type,rx-byte,tx-byte'
  expect(await client.rows('/interface/print', proplist, '?type=pppoe-in')).toEqual([
    { '.id': '*11', name: '<pppoe-ann>', type: 'pppoe-in', 'rx-byte': '200', 'tx-byte': '2000' },
  ])
  expect(await client.rows('/interface/pppoe-server/print')).toMatchObject([
    { name: '<pppoe-ann>', user: 'ann', 'remote-address': PPP_ANN.callerId, dynamic: 'true' },
  ])
})

test('the second session of ann takes the name that the first of ann-1 would have', async () => {
  const router = await startRouter({})
  for (const name of ['ann', 'ann', 'ann-1']) router.login({ ...PPP_ANN, name: utf8(name) })
  const client = await enter(router)
  const rows = await client.rows('/interface/pppoe-server/print', '=.proplist=name,user')
  expect(rows).toEqual([
    { name: '<pppoe-ann>', user: 'ann' },
    { name: '<pppoe-ann-1>', user: 'ann' },
    { name: '<pppoe-ann-1-1>', user: 'ann-1' },
  ])
})

test('a static binding is listed while nobody is on it, and keeps its counters between sessions', async () => {
  const clock = new HandClock()
  const router = await startRouter({ now: clock.now })
  router.addBinding({ protocol: 'l2tp', name: 'to-ann', user: utf8('ann') })
  const client = await enter(router)
  const server = ['/interface/l2tp-server/print', '=.proplist=name,user,client-address,running,dynamic']
  const bytes = ['/interface/print', '=.proplist=rx-byte', '?type=l2tp-in']
  const first = router.login({ ...PPP_ANN, protocol: 'l2tp', callerId: '198.18.0.1' })
  clock.turn(1000)
  router.logout(first)
  expect(await client.rows(...server)).toEqual([
    { name: 'to-ann', user: 'ann', running: 'false', dynamic: 'false' },
  ])
  expect(await client.rows(...bytes)).toEqual([{ 'rx-byte': '100' }])
  router.login({ ...PPP_ANN, protocol: 'l2tp', callerId: '198.18.0.2' })
  clock.turn(1000)
  expect(await client.rows(...server)).toEqual([
    { name: 'to-ann', user: 'ann', 'client-address': '198.18.0.2', running: 'true', dynamic: 'false' },
  ])
  expect(await client.rows(...bytes)).toEqual([{ 'rx-byte': '200' }])
})

test('names have the bytes that the operator’s tool produced', async () => {
  const router = await startRouter({})
  const names = [utf8('сергей'), utf8('Ágnes'), windows1252('João'), utf8('a=b'), utf8('<x>')]
  names.forEach((name, i) => {
    router.login({ ...HOTSPOT_ANN, name, address: `10.0.0.${i}` })
  })
  const rows = await (await enter(router)).rows('/ip/hotspot/active/print', '=.proplist=user')
  expect(rows.map(row => row['user'])).toEqual(names.map(rawName))
})

test('count-only answers with a number and no rows', async () => {
  const router = await startRouter({})
  router.login(HOTSPOT_ANN)
  const client = await enter(router)
  expect(await client.ask('/ip/hotspot/active/print', '=count-only=')).toEqual([['!done', '=ret=1']])
})

test('stats is not a parameter of /ppp/active', async () => {
  const client = await enter(await startRouter({}))
  expect(await client.ask('/ppp/active/print', '=stats=')).toEqual([
    ['!trap', '=message=unknown parameter stats'],
    ['!done'],
  ])
})

test('an uplink’s counters are larger than a double can hold exactly', async () => {
  const client = await enter(await startRouter({}))
  expect(await client.rows('/interface/print', '=.proplist=tx-byte', '?type=ether')).toEqual([
    { 'tx-byte': '9007199254740993' },
  ])
})

test('a local hotspot user’s totals grow at logout', async () => {
  const clock = new HandClock()
  const router = await startRouter({ now: clock.now })
  const session = router.login({ ...HOTSPOT_ANN, traffic: steadyTraffic({ upload: 1, download: 2 }) })
  clock.turn(5000)
  const client = await enter(router)
  const ask = ['/ip/hotspot/user/print', '=.proplist=name,bytes-in,bytes-out']
  expect(await client.rows(...ask)).toEqual([{ name: 'ann', 'bytes-in': '0', 'bytes-out': '0' }])
  router.logout(session)
  expect(await client.rows(...ask)).toEqual([{ name: 'ann', 'bytes-in': '5', 'bytes-out': '10' }])
})

test('FastTrack is a rule of the filter', async () => {
  const client = await enter(await startRouter({ hasFasttrack: true }))
  const rows = await client.rows('/ip/firewall/filter/print', '?action=fasttrack-connection')
  expect(rows).toHaveLength(1)
})
