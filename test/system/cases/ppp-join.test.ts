import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LedgerScene, openLedgerScene } from '../../store/pg/ledger-scene.ts'
import { type Dialled, M, pppMenus } from './case-rows.ts'
import { CaseScene, LIVES } from './case-scene.ts'

let ledger: LedgerScene

beforeAll(async () => {
  ledger = await openLedgerScene()
})

afterAll(() => ledger.stop())

describe.each(LIVES)('%s', life => {
  const open = (dialled: (n: number) => readonly Dialled[]) =>
    CaseScene.open(ledger, n => pppMenus(() => dialled(n())), { life, services: ['ppp'] })

  test('sessions of one account that callers do not tell apart are counted, and the account’s sum is right', async () => {
    const scene = await open(n =>
      [0, 1].map(index => ({
        ...{ service: 'l2tp', name: 'branch', caller: `100${1 + index}`, sessionId: `0x8140000${index}` },
        uptime: `${600 + n}s`,
        server: { caller: `203.0.113.${1 + index}` },
        interface: index === 0 ? '<l2tp-branch>' : '<l2tp-branch-1>',
        ...{ upload: (1 + n) * 1_000 * (1 + index), download: (10 + n) * M * (1 + index) },
      })),
    )
    await scene.read(6)
    const sessions = await scene.sessions()
    expect(sessions).toMatchObject([{ protocol: 'l2tp' }, { protocol: 'l2tp' }])
    expect(sessions.map(it => it.data_upload).sort()).toEqual([12_000, 6_000])
    expect(await scene.days()).toMatchObject([{ username: 'branch', upload: 18_000, download: 45 * M }])
  })

  test.each([
    ['the first', 0],
    ['the second', 1],
  ])(
    'the account’s sum stays right when %s of them goes, whichever session was matched to its interface',
    async (_, gone) => {
      const dialled = (n: number) =>
        [0, 1]
          .filter(index => index !== gone || n < 3)
          .map(index => ({
            ...{ service: 'l2tp', name: 'branch', caller: `100${1 + index}`, sessionId: `0x8140000${index}` },
            uptime: `${600 + n}s`,
            server: { caller: `203.0.113.${1 + index}` },
            interface: index === 0 ? '<l2tp-branch>' : '<l2tp-branch-1>',
            ...{ upload: 0, download: ((index === 0 ? 100 : 2_000) + n) * M },
          }))
      const menus = (n: () => number) => {
        const shown = pppMenus(() => dialled(n()))
        return { ...shown, '/interface/l2tp-server': () => [...shown['/interface/l2tp-server']()].reverse() }
      }
      const scene = await CaseScene.open(ledger, menus, { life, services: ['ppp'] })
      await scene.read(7)
      expect((await scene.sessions()).map(it => it.status).sort()).toEqual(['active', 'ended'])
      // One was last read in reading 2, the other in reading 6.
      expect(await scene.days()).toMatchObject([{ username: 'branch', download: (2_100 + 2 + 6) * M }])
      expect(await scene.events()).toEqual([])
    },
  )

  test.each([4, 5])('a session is counted when its server says that it is %i s older', async older => {
    const scene = await open(n => [
      {
        ...{ name: 'ann', caller: 'B8:69:F4:B7:52:BB', sessionId: '0x81300077', uptime: `${600 + n}s` },
        server: { uptime: `${600 + n + older}s` },
        ...{ upload: (1 + n) * 1_000, download: (10 + n) * M },
      },
    ])
    await scene.read(6)
    expect(await scene.sessions()).toMatchObject([
      { username: 'ann', status: 'active', data_upload: 6_000, data_download: 15 * M },
    ])
  })

  test('a session with another name in its server’s menu is counted if it is the only one of its caller', async () => {
    const scene = await open(n => [
      {
        ...{ name: 'acct-1001', caller: 'B8:69:F4:B7:52:BB', sessionId: '0x81300077', uptime: `${600 + n}s` },
        ...{ server: { user: 'ann@isp.example' }, interface: '<pppoe-ann@isp.example>' },
        ...{ upload: (1 + n) * 1_000, download: (10 + n) * M },
      },
    ])
    await scene.read(6)
    expect(await scene.sessions()).toMatchObject([
      { username: 'acct-1001', status: 'active', data_upload: 6_000, data_download: 15 * M },
    ])
  })
})
