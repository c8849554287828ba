import { expect, test } from 'vitest'
import { RouterConnection } from '../../../src/routeros/wire/connection.ts'
import { HotspotMenu } from '../../../src/services/hotspot/hotspot-menu.ts'
import type { HotspotDomain } from '../../../src/services/hotspot/hotspot-rows.ts'
import { PLAIN_ROW } from '../../accounting/readings.ts'
import { windows1252 } from '../../harness/fleet/name.ts'
import { HOTSPOT_ANN, HandClock as RouterClock, startRouter } from '../../harness/fleet/opened.ts'
import { dialled, PATIENT_MS, roomy } from '../../routeros/wire/dialled.ts'
import { type MenuRow, menuConversation } from '../../routeros/wire/menu-peer.ts'
import { HandClock } from '../../runtime/hand-clock.ts'

const MENU = '/ip/hotspot/active'
const ANN: MenuRow = {
  '.id': '*A',
  server: 'hotspot-principal',
  user: 'ann',
  address: '10.5.50.10',
  'mac-address': '34:12:F9:8A:21:4C',
  uptime: '12m4s',
  'bytes-in': '1024',
  'bytes-out': '4096',
  comment: 'noise',
}

async function readRows(...rows: readonly MenuRow[]) {
  const { connection, peer } = await menuConversation({ [MENU]: () => rows })
  const reading = await new HotspotMenu(connection, 'part').read()
  return { ...reading, asked: peer.asked }
}

test('the menu is asked for the bytes by name, and for no comment', async () => {
  const { asked } = await readRows(ANN)
  expect(asked).toEqual([
    `${MENU}/print =.proplist=.id,server,user,domain,address,mac-address,uptime,bytes-in,bytes-out`,
  ])
})

test('bytes that the router received are upload, bytes that it sent are download', async () => {
  const { rows, askedMs } = await readRows(ANN)
  expect(rows).toEqual([
    {
      protocol: 'hotspot',
      username: 'ann',
      server: 'hotspot-principal',
      macAddress: '34:12:F9:8A:21:4C',
      ipAddress: '10.5.50.10',
      routerSessionId: undefined,
      callerId: undefined,
      uptimeSeconds: 724,
      login: { earliestMs: askedMs - 725_000, latestMs: askedMs - 724_000 },
      counters: { upload: 1024, download: 4096 },
      ...PLAIN_ROW,
    },
  ])
})

test('a property without a value is absent in the reading', async () => {
  const { rows } = await readRows({ user: 'ann', uptime: '0s', 'bytes-in': '0', 'bytes-out': '0' })
  expect(rows).toMatchObject([
    { server: undefined, macAddress: undefined, ipAddress: undefined, counters: { upload: 0, download: 0 } },
  ])
})

test('a session has unknown counters if one is missing or not a number', async () => {
  const { 'bytes-out': _, ...halved } = ANN
  const { rows } = await readRows(halved, { ...ANN, 'bytes-in': 'many' })
  expect(rows.map(row => row.counters)).toEqual([undefined, undefined])
})

test.each([
  ['without an uptime', { uptime: undefined }, { property: 'uptime', value: undefined }],
  ['with one in microseconds', { uptime: '10m20ms15us' }, { property: 'uptime', value: '10m20ms15us' }],
] as const)(
  'only a row %s is skipped, and reported with its user and .id',
  async (_, { uptime }, expected) => {
    const { uptime: __, ...ageless } = ANN
    const odd = { ...ageless, '.id': '*F', user: 'bo', ...(uptime === undefined ? {} : { uptime }) }
    const { rows, unread } = await readRows(ANN, odd)
    expect(rows).toMatchObject([{ username: 'ann', counters: { upload: 1024, download: 4096 } }])
    expect(unread).toMatchObject([{ username: 'bo', unreadable: { rowId: '*F', ...expected } }])
  },
)

test('counters with spaces cannot be read, and are reported', async () => {
  const { rows } = await readRows({ ...ANN, '.id': '*A', 'bytes-in': '75 646 301 659' })
  expect(rows).toMatchObject([
    {
      counters: undefined,
      unreadable: { rowId: '*A', property: 'bytes-in', value: '75 646 301 659' },
    },
  ])
})

test('a domain is part of the name, unless the config says otherwise', async () => {
  const { connection } = await menuConversation({
    [MENU]: () => [
      { ...ANN, domain: 'north.example' },
      { ...ANN, '.id': '*B' },
    ],
  })
  const named = async (domain: HotspotDomain) =>
    (await new HotspotMenu(connection, domain).read()).rows.map(it => [it.username, it.domain])
  expect(await named('part')).toEqual([
    ['ann@north.example', 'north.example'],
    ['ann', undefined],
  ])
  expect(await named('ignore')).toEqual([
    ['ann', 'north.example'],
    ['ann', undefined],
  ])
})

test('several sessions of one user are several sessions', async () => {
  const { rows } = await readRows(ANN, { ...ANN, '.id': '*B', address: '10.5.50.11', 'bytes-in': '7' })
  expect(rows.map(row => [row.username, row.ipAddress, row.counters?.upload])).toEqual([
    ['ann', '10.5.50.10', 1024],
    ['ann', '10.5.50.11', 7],
  ])
})

test('a missing right is reported as such, and nothing is read', async () => {
  const { connection } = await menuConversation({ [MENU]: () => 'not enough permissions (9)' })
  await expect(new HotspotMenu(connection, 'part').read()).rejects.toMatchObject({
    isMissingRight: true,
    retryable: false,
  })
})

for (const version of ['6.49', '7.20'] as const)
  test(`a ${version} router is read to the byte, names in either encoding`, async () => {
    const clock = new RouterClock()
    const router = await startRouter({ version, now: clock.now })
    for (const hasJunk of [false, true]) {
      if (hasJunk) router.addJunk()
      const connection = new RouterConnection(await dialled(router), {
        clock: new HandClock('2026-11-24T12:00:00Z'),
        timeoutMs: PATIENT_MS,
        ...roomy(),
      })
      const menu = new HotspotMenu(connection, 'part')
      if (!hasJunk) {
        expect((await menu.read()).rows).toEqual([])
        router.login({ ...HOTSPOT_ANN, name: windows1252('Ágnes') })
        clock.turn(90_000)
      }
      expect((await menu.read()).rows).toMatchObject([
        { username: 'Ágnes', uptimeSeconds: 90, counters: { upload: 9_000, download: 90_000 } },
      ])
    }
  })

test('rows beyond the limit are counted and not held, and known rows are read wherever they are', async () => {
  const user = (name: string) => ({ ...ANN, '.id': `*${name}`, user: name })
  const { connection } = await menuConversation({ [MENU]: () => [...[...'abcd'].map(user), ANN] })
  const menu = new HotspotMenu(connection, 'part')
  const admission = { mostNew: 1, isKnown: ({ username }: { username: string }) => username === 'ann' }
  const names = ({ rows }: { rows: readonly { username: string }[] }) => rows.map(it => it.username)
  const first = await menu.read(admission)
  expect([names(first), first.numbers, first.leftOut]).toEqual([['a', 'ann'], [0, 1], 3])
  // Rows that are recognised by their bytes do not count towards the limit.
  const next = await menu.read(admission)
  expect([[...next.known.numbers], names(next), next.leftOut]).toEqual([[0, 1], ['b'], 2])
})
