import { expect, test } from 'vitest'
import { allRows } from '../../routeros/menus/all-rows.ts'
import { PppLab } from './ppp-lab.ts'

/** The menus are printed one after the other, and sessions come and go in between. */

test('a session that ended before the interfaces were printed has unknown counters, not its successor’s', async () => {
  const lab = await PppLab.open()
  const left = lab.login('ann', { rx: '1000' })
  await lab.clock.turn(60_000)
  lab.after('/ppp/active', () => {
    lab.logout(left)
    lab.login('ann', { rx: '7' })
  })
  expect(await lab.uploads()).toEqual({ ann: [undefined] })
  expect(await lab.uploads()).toEqual({ ann: [7] })
})

test('a young session that ended does not get its successor’s counters either', async () => {
  const lab = await PppLab.open()
  const left = lab.login('ann', { rx: '1000' })
  await lab.clock.turn(2_500)
  lab.after('/ppp/active', () => {
    lab.logout(left)
    lab.login('ann', { rx: '7' })
  })
  expect(await lab.uploads()).toEqual({ ann: [undefined] })
  expect(await lab.uploads()).toEqual({ ann: [7] })
})

test('a session that ended before the server menus were printed does not get its successor’s counters', async () => {
  const lab = await PppLab.open()
  const left = lab.login('ann', { rx: '1000' })
  await lab.clock.turn(60_000)
  lab.after('/interface', () => {
    lab.logout(left)
    lab.login('ann', { rx: '7' })
  })
  expect(await lab.uploads()).toEqual({ ann: [undefined] })
  expect(await lab.uploads()).toEqual({ ann: [7] })
})

test('the interface of a known session that ended between the prints goes to no other session', async () => {
  const lab = await PppLab.open()
  const left = lab.login('ann', { rx: '1000' })
  await lab.uploads()
  await lab.clock.turn(5_000)
  lab.after('/ppp/active', () => {
    lab.logout(left)
    lab.login('ann', { rx: '7' })
  })
  expect(await lab.uploads()).toEqual({ ann: [undefined] })
  expect(await lab.uploads()).toEqual({ ann: [7] })
})

for (const menu of ['/ppp/active', '/interface'])
  test(`if one of two simultaneous twins ends after ${menu}, the other has only its own bytes`, async () => {
    const lab = await PppLab.open()
    const left = lab.login('ann', { name: '<pppoe-ann>', caller: '02:00:00:00:00:01', rx: '1' })
    lab.login('ann', { name: '<pppoe-ann-1>', caller: '02:00:00:00:00:02', rx: '2' })
    await lab.clock.turn(5_000)
    lab.after(menu, () => lab.logout(left))
    expect(await lab.uploads()).toEqual({ ann: [undefined, 2] })
    expect(await lab.uploads()).toEqual({ ann: [2] })
  })

test('if one of two simultaneous twins from one caller ends, both wait, because it is unknown which', async () => {
  const lab = await PppLab.open()
  const left = lab.login('ann', { name: '<pppoe-ann>', rx: '1' })
  lab.login('ann', { name: '<pppoe-ann-1>', rx: '2' })
  await lab.clock.turn(5_000)
  lab.after('/ppp/active', () => lab.logout(left))
  expect(await lab.uploads()).toEqual({ ann: [undefined, undefined] })
  expect(await lab.uploads()).toEqual({ ann: [2] })
})

test('the row of a twin that came after the sessions were printed goes to no other session', async () => {
  const lab = await PppLab.open()
  lab.login('ann', {
    name: '<l2tp-ann>',
    service: 'l2tp',
    caller: '203.0.113.1',
    serverCaller: 'odd',
    rx: '1',
  })
  await lab.clock.turn(1_000)
  lab.after('/ppp/active', () =>
    lab.login('ann', { name: '<l2tp-ann-1>', service: 'l2tp', caller: '203.0.113.2', rx: '2' }),
  )
  const { ann } = await lab.uploads()
  expect(ann).not.toContain(2)
  await lab.clock.turn(5_000)
  expect(await lab.uploads()).toEqual({ ann: [1, 2] })
})

test('a static binding is reported, and its counters too while no session is on it', async () => {
  const lab = await PppLab.open()
  const on = lab.bind('line-12', 'ann', { rx: '500', tx: '600' })
  lab.bind('line-13', 'bob', { rx: '1', tx: '2' })
  const { bindings } = await lab.menu.read()
  expect(bindings).toEqual([
    { name: 'line-12', counters: { upload: 500, download: 600 } },
    { name: 'line-13', counters: { upload: 1, download: 2 } },
  ])
  lab.login('ann', { on })
  on.rx = '550'
  const reading = await lab.menu.read()
  expect(allRows(reading)).toMatchObject([{ binding: 'line-12', counters: { upload: 550, download: 600 } }])
  expect(reading.bindings).toMatchObject([
    { name: 'line-12', counters: { upload: 550 } },
    { name: 'line-13' },
  ])
})

test('a new login on a static binding between two readings is on it in the next reading', async () => {
  const lab = await PppLab.open()
  const on = lab.bind('line-12', 'ann')
  const before = lab.login('ann', { on })
  on.rx = '500'
  expect(await lab.uploads()).toEqual({ ann: [500] })
  await lab.clock.turn(5_000)
  lab.logout(before)
  lab.login('ann', { on })
  on.rx = '520'
  const rows = allRows(await lab.menu.read())
  expect(rows).toMatchObject([{ binding: 'line-12', counters: { upload: 520 } }])
})

test('a dynamic interface beside a binding is not a binding', async () => {
  const lab = await PppLab.open()
  const on = lab.bind('line-12', 'ann', { rx: '500' })
  lab.login('ann', { on, caller: '02:00:00:00:00:01' })
  lab.login('ann', { name: '<pppoe-ann>', caller: '02:00:00:00:00:02', rx: '3' })
  const answer = await lab.menu.read()
  const { bindings } = answer
  const rows = allRows(answer)
  expect(rows.map(row => [row.binding, row.counters?.upload])).toEqual([
    ['line-12', 500],
    [undefined, 3],
  ])
  expect(bindings.map(it => it.name)).toEqual(['line-12'])
})

test('an idle binding goes to no session, however well user and caller match', async () => {
  const lab = await PppLab.open()
  lab.bind('line-12', 'ann', { rx: '500' })
  const left = lab.login('ann', { rx: '3' })
  lab.after('/interface', () => lab.logout(left))
  expect(await lab.uploads()).toEqual({ ann: [undefined] })
})
