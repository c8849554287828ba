import { expect, test } from 'vitest'
import { PLAIN_ROW } from '../../accounting/readings.ts'
import { allRows } from '../../routeros/menus/all-rows.ts'
import type { MenuRow } from '../../routeros/wire/menu-peer.ts'
import { MAC, PppLab } from './ppp-lab.ts'

test('only the properties that are used are asked for, and only the interfaces of sessions', async () => {
  const lab = await PppLab.open()
  lab.login('ann')
  await lab.menu.read()
  expect(lab.peer.asked).toEqual([
    '/ppp/active/print =.proplist=.id,name,service,caller-id,address,uptime,session-id',
    '/interface/print =.proplist=.id,name,type,rx-byte,tx-byte ?type=pppoe-in ?type=l2tp-in ?type=pptp-in ?type=sstp-in ?type=ovpn-in ?#||||',
    '/interface/pppoe-server/print =.proplist=name,user,remote-address,uptime,dynamic,running',
  ])
})

test("the router's rx is the client's upload, its tx the download", async () => {
  const lab = await PppLab.open()
  lab.login('marksilas', { rx: '56480627', tx: '1300371837' })
  const answer = await lab.menu.read()
  const { bindings, askedMs } = answer
  const rows = allRows(answer)
  expect(rows).toEqual([
    {
      protocol: 'pppoe',
      username: 'marksilas',
      server: undefined,
      macAddress: MAC,
      ipAddress: '10.30.246.13',
      routerSessionId: '0x81300001',
      callerId: MAC,
      uptimeSeconds: 0,
      login: { earliestMs: askedMs - 1_000, latestMs: askedMs },
      counters: { upload: 56_480_627, download: 1_300_371_837 },
      ...PLAIN_ROW,
      // The interface may have come after the session was printed, in the same second.
      joined: {
        ...{ interface: '<pppoe-marksilas>', interfaceId: '*65' },
        ...{ isGuess: true, isInterchangeable: false },
      },
    },
  ])
  expect(bindings).toEqual([])
})

test('a session whose interface may have come after it is certain once it is seen again', async () => {
  const lab = await PppLab.open()
  lab.login('ann', { rx: '4' })
  const guesses = async () => allRows(await lab.menu.read()).map(it => it.joined?.isGuess)
  expect(await guesses()).toEqual([true])
  await lab.clock.turn(2_000)
  expect(await guesses()).toEqual([false])
  // From then on only its numbers are parsed.
  await lab.clock.turn(2_000)
  const { rows, known } = await lab.menu.read()
  expect([rows.length, known.numbers.length]).toEqual([0, 1])
})

test("a tunnel's caller is an address and not a MAC", async () => {
  const lab = await PppLab.open()
  lab.login('ann', { service: 'l2tp', caller: '203.0.113.9', rx: '5' })
  const rows = allRows(await lab.menu.read())
  expect(rows).toMatchObject([
    { protocol: 'l2tp', callerId: '203.0.113.9', macAddress: undefined, counters: { upload: 5 } },
  ])
})

test('a reading in the steady state is two requests in one write', async () => {
  const lab = await PppLab.open()
  for (const user of ['ann', 'bob', 'eve']) lab.login(user)
  await lab.menu.read()
  lab.printed()
  const [client] = lab.peer.clients
  const chunksBefore = client?.chunks.length ?? 0
  for (let round = 0; round < 3; round++) await lab.menu.read()
  expect(lab.printed()).toEqual(Array(3).fill(['/ppp/active', '/interface']).flat())
  expect((client?.chunks.length ?? 0) - chunksBefore).toBe(3)
})

test('server menus are asked when a session appears, and only those of its service', async () => {
  const lab = await PppLab.open()
  await lab.menu.read()
  expect(lab.printed()).toEqual(['/ppp/active', '/interface'])
  for (const service of ['pppoe', 'l2tp', 'pptp', 'sstp', 'ovpn']) {
    lab.login(service, { service, rx: '9' })
    expect((await lab.uploads())[service]).toEqual([9])
    expect(lab.printed()).toEqual(['/ppp/active', '/interface', `/interface/${service}-server`])
  }
})

test('the second session of ann is not the first of ann-1, though both interfaces could have the name', async () => {
  const annFirst = await PppLab.open()
  annFirst.login('ann', { name: '<pppoe-ann>', caller: '02:00:00:00:00:01', rx: '1' })
  annFirst.login('ann', { name: '<pppoe-ann-1>', caller: '02:00:00:00:00:02', rx: '2' })
  annFirst.login('ann-1', { name: '<pppoe-ann-1-1>', caller: '02:00:00:00:00:03', rx: '3' })
  expect(await annFirst.uploads()).toEqual({ ann: [1, 2], 'ann-1': [3] })

  const ann1First = await PppLab.open()
  ann1First.login('ann-1', { name: '<pppoe-ann-1>', rx: '3' })
  ann1First.login('ann', { name: '<pppoe-ann>', rx: '1' })
  expect(await ann1First.uploads()).toEqual({ ann: [1], 'ann-1': [3] })
  await ann1First.clock.turn(60_000)
  ann1First.login('ann', { name: '<pppoe-ann-2>', rx: '2' })
  expect(await ann1First.uploads()).toEqual({ ann: [1, 2], 'ann-1': [3] })
})

test('a session keeps its interface when another interface takes the name', async () => {
  const lab = await PppLab.open()
  const first = lab.login('ann', { name: '<pppoe-ann>', caller: '02:00:00:00:00:01', rx: '1000' })
  await lab.clock.turn(30_000)
  lab.login('ann', { name: '<pppoe-ann-1>', caller: '02:00:00:00:00:02', rx: '20' })
  await lab.uploads()
  lab.logout(first)
  await lab.clock.turn(30_000)
  lab.login('ann', { name: '<pppoe-ann>', caller: '02:00:00:00:00:01', rx: '3' })
  expect(await lab.uploads()).toEqual({ ann: [20, 3] })
})

test('a new login under the same interface name is recognised by the interface id', async () => {
  const lab = await PppLab.open()
  const before = lab.login('ann', { rx: '1000' })
  expect(await lab.uploads()).toEqual({ ann: [1000] })
  await lab.clock.turn(5_000)
  lab.logout(before)
  lab.login('ann', { rx: '7' })
  expect(await lab.uploads()).toEqual({ ann: [7] })
  expect(lab.printed().at(-1)).toBe('/interface/pppoe-server')
})

test('a session whose interface is missing in a round has unknown counters, and finds it again', async () => {
  const lab = await PppLab.open()
  const session = lab.login('ann', { rx: '10' })
  expect(await lab.uploads()).toEqual({ ann: [10] })
  lab.interfaces.delete(session.on)
  expect(await lab.uploads()).toEqual({ ann: [undefined] })
  lab.interfaces.add(session.on)
  expect(await lab.uploads()).toEqual({ ann: [10] })
})

test('a session that gets another interface is found on it', async () => {
  const lab = await PppLab.open()
  const session = lab.login('ann', { rx: '10' })
  await lab.uploads()
  await lab.clock.turn(5_000)
  lab.logout(session)
  lab.login('ann', { id: session.id, sessionId: session.sessionId, loginMs: session.loginMs, rx: '3' })
  expect(await lab.uploads()).toEqual({ ann: [undefined] })
  expect(await lab.uploads()).toEqual({ ann: [3] })
})

test('counters that are not numbers are unknown', async () => {
  const lab = await PppLab.open()
  lab.login('ann', { rx: '10', tx: '' })
  expect(await lab.uploads()).toEqual({ ann: [undefined] })
})

test('counters beyond 2^53 are safe integers with exact differences', async () => {
  const lab = await PppLab.open()
  const { on } = lab.login('ann', { rx: '18446744073709551000' })
  const [before = Number.NaN] = (await lab.uploads())['ann'] ?? []
  on.rx = '18446744073709551615'
  const [after = Number.NaN] = (await lab.uploads())['ann'] ?? []
  expect(after - before).toBe(615)
  expect(Number.isSafeInteger(after)).toBe(true)
})

test('twins from two callers each have their own bytes', async () => {
  const lab = await PppLab.open()
  const first = lab.login('ann', { name: '<pppoe-ann>', caller: '02:00:00:00:00:01', rx: '1' })
  lab.login('ann', { name: '<pppoe-ann-1>', caller: '02:00:00:00:00:02', rx: '2' })
  // The server menu may have any order.
  lab.interfaces.delete(first.on)
  lab.interfaces.add(first.on)
  expect(await lab.uploads()).toEqual({ ann: [1, 2] })
})

test('twins from one caller are distinguished by their login time', async () => {
  const lab = await PppLab.open()
  const old = lab.login('ann', { name: '<pppoe-ann>', rx: '1' })
  await lab.clock.turn(10_000)
  lab.login('ann', { name: '<pppoe-ann-1>', rx: '2' })
  lab.interfaces.delete(old.on)
  lab.interfaces.add(old.on)
  expect(await lab.uploads()).toEqual({ ann: [1, 2] })
})

test('twins without a session id are distinguished by the id of their row', async () => {
  const lab = await PppLab.open()
  const first = lab.login('ann', { name: '<pppoe-ann>', sessionId: undefined, rx: '1' })
  await lab.clock.turn(10_000)
  lab.login('ann', { name: '<pppoe-ann-1>', sessionId: undefined, rx: '2' })
  expect(await lab.uploads()).toEqual({ ann: [1, 2] })
  lab.logout(first)
  expect(await lab.uploads()).toEqual({ ann: [2] })
})

test('a caller that the server menu writes differently is found by user and login time', async () => {
  const lab = await PppLab.open()
  lab.login('ann', { service: 'sstp', caller: '203.0.113.9', serverCaller: '203.0.113.9:50123', rx: '4' })
  await lab.clock.turn(5_000)
  expect(await lab.uploads()).toEqual({ ann: [4] })
})

test('a service that makes no interface has unknown counters and costs no request', async () => {
  const lab = await PppLab.open()
  lab.login('ann', { service: 'async' })
  await lab.uploads()
  lab.printed()
  expect(await lab.uploads()).toEqual({ ann: [undefined] })
  expect(lab.printed()).toEqual(['/ppp/active', '/interface'])
})

test('a missing server menu is asked for once, and its sessions are open without counters', async () => {
  const lab = await PppLab.open()
  delete lab.peer.menus['/interface/ovpn-server']
  lab.login('ann', { service: 'ovpn', rx: '1' })
  lab.login('bob', { rx: '2' })
  for (let round = 0; round < 20; round++) expect(await lab.uploads()).toEqual({ ann: [undefined], bob: [2] })
  expect(lab.printed().filter(menu => menu === '/interface/ovpn-server')).toHaveLength(1)
})

for (const refusal of ['no such command prefix', 'not enough permissions (9)'])
  test(`a refused server menu (${refusal}) is reported, and asked for again every few minutes`, async () => {
    const lab = await PppLab.open()
    const menu = '/interface/pppoe-server'
    const shown = lab.peer.menus[menu]
    lab.peer.menus[menu] = () => refusal
    const ann = lab.login('ann', { rx: '1' })
    expect(await lab.uploads()).toEqual({ ann: [undefined] })
    expect(lab.menu.missingMenus).toEqual([{ menu, reason: refusal }])
    // No session needs it now, but it must not be shown as missing for ever.
    lab.logout(ann)
    await lab.uploads()
    lab.printed()
    lab.peer.menus[menu] = shown
    await lab.clock.turn(179_000)
    await lab.uploads()
    expect(lab.printed()).not.toContain(menu)
    await lab.clock.turn(1_000)
    await lab.uploads()
    expect(lab.printed()).toContain(menu)
    expect(lab.menu.missingMenus).toEqual([])
  })

test('a menu that comes late gives waiting sessions their counters, however rarely the router is read', async () => {
  const lab = await PppLab.open()
  const shown = lab.peer.menus['/interface/pppoe-server']
  delete lab.peer.menus['/interface/pppoe-server']
  lab.login('ann', { rx: '1' })
  for (let round = 0; round < 5; round++) expect(await lab.uploads()).toEqual({ ann: [undefined] })
  lab.peer.menus['/interface/pppoe-server'] = shown
  await lab.clock.turn(180_000)
  expect(await lab.uploads()).toEqual({ ann: [1] })
})

test('the menus are asked for again for a session without an interface, more and more rarely', async () => {
  const lab = await PppLab.open()
  const session = lab.login('ann', { rx: '1' })
  lab.peer.menus['/interface/pppoe-server'] = () => []
  const asked: number[] = []
  for (let round = 0; round < 40; round++) {
    await lab.uploads()
    if (lab.printed().includes('/interface/pppoe-server')) asked.push(round)
  }
  expect(asked).toEqual([0, 1, 2, 12, 24, 36])
  lab.logout(session)
  await lab.uploads()
  expect(lab.printed()).toEqual(['/ppp/active', '/interface'])
})

for (const menu of ['/ppp/active', '/interface'])
  test(`a refusal of ${menu} makes no reading, and the next reading is complete`, async () => {
    const lab = await PppLab.open()
    lab.login('ann', { rx: '1' })
    const shown = lab.peer.menus[menu]
    lab.peer.menus[menu] = () => 'not enough permissions (9)'
    await expect(lab.menu.read()).rejects.toMatchObject({ isMissingRight: true })
    lab.peer.menus[menu] = shown
    expect(await lab.uploads()).toEqual({ ann: [1] })
  })

test('a server menu that fails affects no joined session, and a new one is joined when it is back', async () => {
  const lab = await PppLab.open()
  lab.login('ann', { rx: '1' })
  expect(await lab.uploads()).toEqual({ ann: [1] })
  const shown = lab.peer.menus['/interface/pppoe-server']
  lab.peer.menus['/interface/pppoe-server'] = () => 'interrupted'
  lab.login('bo', { rx: '2', caller: 'B8:69:F4:B7:52:BC' })
  expect(await lab.uploads()).toEqual({ ann: [1], bo: [undefined] })
  lab.peer.menus['/interface/pppoe-server'] = shown
  expect(await lab.uploads()).toEqual({ ann: [1], bo: [2] })
})

test('only a row without an uptime is skipped, and reported with its user and .id', async () => {
  const lab = await PppLab.open()
  lab.login('ann', { rx: '1' })
  const shown = lab.peer.menus['/ppp/active'] ?? expect.fail()
  lab.peer.menus['/ppp/active'] = () => [
    ...(shown() as readonly MenuRow[]),
    { '.id': '*F', name: 'bo', service: 'pppoe', uptime: 'soon' },
  ]
  const answer = await lab.menu.read()
  expect(allRows(answer)).toMatchObject([{ username: 'ann', counters: { upload: 1 } }])
  expect(answer.unread).toMatchObject([
    { username: 'bo', unreadable: { rowId: '*F', property: 'uptime', value: 'soon' } },
  ])
})

test('a few later sessions are asked for by user, and all rows are if that did not help', async () => {
  const lab = await PppLab.open()
  lab.login('ann')
  await lab.menu.read()
  lab.peer.asked.length = 0
  lab.login('bob')
  lab.login('Ágnes')
  await lab.menu.read()
  const servers = () =>
    lab.peer.asked.splice(0).filter(command => command.startsWith('/interface/pppoe-server'))
  // The encoding of that name on the router is unknown.
  expect(servers()).toEqual([expect.not.stringContaining('?')])
  lab.login('cid')
  lab.login('dee')
  await lab.menu.read()
  expect(servers()).toEqual([expect.stringMatching(/ \?user=cid \?user=dee \?#\|$/)])
  const eve = lab.login('eve')
  lab.interfaces.delete(eve.on)
  await lab.menu.read()
  await lab.menu.read()
  expect(servers()).toEqual([expect.stringMatching(/ \?user=eve$/), expect.not.stringContaining('?')])
})

test.each(['first', 'last'])(
  'an interface in two rows counts once with the larger counters, if the smaller ones come %s',
  async place => {
    const lab = await PppLab.open()
    const { on } = lab.login('ann', { rx: '1001', tx: '5' })
    lab.login('bob', { rx: '7' })
    await lab.menu.read()
    await lab.clock.turn(2_000)
    await lab.menu.read()
    const small = { ...on, rx: '500', tx: '2' }
    lab.interfaces.add(small)
    if (place === 'first') {
      lab.interfaces.delete(on)
      lab.interfaces.add(on)
    }
    for (const rx of ['1001', '1003', '1004']) {
      on.rx = rx
      small.rx = String(Math.floor(Number(rx) / 2))
      const rows = allRows(await lab.menu.read())
      const [ann, bob] = ['ann', 'bob'].map(name => rows.find(it => it.username === name))
      expect(ann).toMatchObject({ counters: { upload: Number(rx), download: 5 }, joined: { isTwice: true } })
      expect(bob).toMatchObject({ counters: { upload: 7 } })
      expect(bob?.joined?.isTwice).toBeUndefined()
    }
    lab.interfaces.delete(small)
    on.rx = '1009'
    const [ann] = allRows(await lab.menu.read()).filter(it => it.username === 'ann')
    expect(ann).toMatchObject({ counters: { upload: 1_009 } })
    expect(ann?.joined?.isTwice).toBeUndefined()
  },
)

test('a static binding in two rows counts with the larger counters', async () => {
  const lab = await PppLab.open()
  const on = lab.bind('static-ann', 'ann', { rx: '1001', tx: '3' })
  lab.login('ann', { on })
  await lab.menu.read()
  lab.interfaces.delete(on)
  lab.interfaces.add({ ...on, rx: '500', tx: '1' })
  lab.interfaces.add(on)
  for (let reading = 0; reading < 3; reading++) {
    const answer = await lab.menu.read()
    expect(allRows(answer)).toMatchObject([{ counters: { upload: 1_001, download: 3 } }])
    expect(answer.bindings).toEqual([{ name: 'static-ann', counters: { upload: 1_001, download: 3 } }])
  }
})

test('two interfaces that have the same name one after the other are distinguished', async () => {
  const lab = await PppLab.open()
  const first = lab.login('ann', { rx: '4' })
  const [before] = allRows(await lab.menu.read())
  lab.logout(first)
  const second = lab.login('ann', { rx: '9' })
  const [after] = allRows(await lab.menu.read())
  expect([before?.joined?.interfaceId, after?.joined?.interfaceId]).toEqual([first.on.id, second.on.id])
  expect(first.on.name).toBe(second.on.name)
})
