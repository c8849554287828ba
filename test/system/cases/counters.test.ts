import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LedgerScene, openLedgerScene } from '../../store/pg/ledger-scene.ts'
import { guest, M, pppMenus } from './case-rows.ts'
import { CaseScene, LIVES } from './case-scene.ts'

let ledger: LedgerScene

beforeAll(async () => {
  ledger = await openLedgerScene()
})

afterAll(() => ledger.stop())

describe.each(LIVES)('%s', life => {
  test.each([
    ['in the first reply', [0]],
    ['in replies 4 to 6', [4, 5, 6]],
  ] as const)('one session in two rows of a reply is counted once: %s', async (_, twice) => {
    const row = (n: number) => {
      const counter = n < 8 ? 3 + n : 25
      return guest('ann', `${600 + n}s`, { 'bytes-in': counter * 1_000, 'bytes-out': counter * M })
    }
    const menus = (n: () => number) => ({
      '/ip/hotspot/active': () => (twice.some(it => it === n()) ? [row(n()), row(n())] : [row(n())]),
    })
    const scene = await CaseScene.open(ledger, menus, { life })
    await scene.read(9)
    expect(await scene.sessions()).toMatchObject([
      { username: 'ann', status: 'active', data_upload: 25_000, data_download: 25_000_000 },
    ])
    expect(await scene.events()).toMatchObject([{ kind: 'duplicate', detail: { username: 'ann' } }])
  })

  test('a counter that is lower in one reply only counts what it grew by, and is not a reset', async () => {
    const downloads = [1_801, 1_803, 1_805, 1_803, 1_807, 1_809, 1_811, 1_813]
    const dialled = (n: number) => ({
      ...{ name: 'ann', caller: 'B8:69:F4:B7:52:BB', sessionId: '0x81300077', uptime: `${600 + 5 * n}s` },
      ...{ upload: (100 + n) * M, download: (downloads[n] ?? 0) * M },
    })
    const scene = await CaseScene.open(ledger, n => pppMenus(() => [dialled(n())]), {
      ...{ life, services: ['ppp'], everyMs: 5_000 },
    })
    await scene.read(downloads.length)
    expect(await scene.sessions()).toMatchObject([
      { username: 'ann', status: 'active', data_upload: 107 * M, data_download: 1_813 * M },
    ])
    expect(await scene.events()).toMatchObject([{ kind: 'glitch', detail: { directions: ['download'] } }])
  })

  test('two counters that are 0 in one reply only count what they grew by, and are not a reset', async () => {
    const counters = (n: number) => ({ 'bytes-in': 50 * M + n * 10_000, 'bytes-out': 2_000 * M + n * 2 * M })
    const none = { 'bytes-in': 0, 'bytes-out': 0 }
    const menus = (n: () => number) => ({
      '/ip/hotspot/active': () => [guest('ann', `${600 + n()}s`, n() === 4 ? none : counters(n()))],
    })
    const scene = await CaseScene.open(ledger, menus, { life })
    await scene.read(11)
    expect(await scene.sessions()).toMatchObject([
      { username: 'ann', status: 'active', data_upload: 50_100_000, data_download: 2_020 * M },
    ])
    expect(await scene.events()).toMatchObject([
      { kind: 'glitch', detail: { directions: ['upload', 'download'] } },
    ])
  })

  test('counters with spaces in them are not understood: the session is open without any, and this is reported', async () => {
    const scene = await CaseScene.open(
      ledger,
      n => ({
        ...pppMenus(() => [
          {
            ...{ name: 'bea', caller: 'B8:69:F4:B7:52:BB', sessionId: '0x81300077', uptime: `${600 + n()}s` },
            ...{ upload: '75 646 301 659', download: '75 646 301 659' },
          },
        ]),
        '/ip/hotspot/active': () => [
          guest('ann', `${600 + n()}s`, { 'bytes-in': '75 646 301 659', 'bytes-out': '75 646 301 659' }),
        ],
      }),
      { life, services: ['hotspot', 'ppp'] },
    )
    await scene.read(3)
    const nothing = { status: 'active', data_upload: 0, data_download: 0 }
    expect(await scene.sessions()).toMatchObject([
      { username: 'ann', ...nothing },
      { username: 'bea', ...nothing },
    ])
    const value = '75 646 301 659'
    expect(await scene.events()).toMatchObject([
      { kind: 'unreadable', detail: { username: 'ann', rowId: '*C0A80A08', property: 'bytes-in', value } },
      { kind: 'unreadable', detail: { username: 'bea', property: 'rx-byte', value } },
    ])
  })
})
