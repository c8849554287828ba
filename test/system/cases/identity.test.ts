import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LedgerScene, openLedgerScene } from '../../store/pg/ledger-scene.ts'
import { device, guest, M } from './case-rows.ts'
import { CaseScene, LIVES } from './case-scene.ts'

const DAY_SECONDS = 86_400

let ledger: LedgerScene

beforeAll(async () => {
  ledger = await openLedgerScene()
})

afterAll(() => ledger.stop())

describe.each(LIVES)('%s', life => {
  describe.each([
    ['the first up for a day, the other for ten', 1, 10],
    ['the first up for ten days, the other for one', 10, 1],
  ])('two routers by turns at one address, %s', (_, firstDays, otherDays) => {
    test.each(['their identities', 'their serial numbers'])(
      'are told apart by %s, and each session is counted once, from where it is found on the other router',
      async by => {
        const routers = [
          { days: firstDays, user: 'ann', from: 300, words: device(0) },
          { days: otherDays, user: 'bea', from: 700, words: device(1) },
        ] as const
        const turns = [0, 1, 0, 1, 0, 1] as const
        const menus = (n: () => number) => {
          const router = () => routers[turns[Math.floor(n() / 2)] ?? 0]
          const shown = () => {
            const { user, from, words } = router()
            const uptime = `${3_600 + n()}s`
            return [guest(user, uptime, { ...words, 'bytes-in': n() * 1_000, 'bytes-out': (from + n()) * M })]
          }
          return {
            '/system/resource': () => [
              { uptime: `${router().days * DAY_SECONDS + n()}s`, version: '7.20 (stable)' },
            ],
            '/system/identity': () => [{ name: by === 'their identities' ? router().user : 'hq' }],
            '/system/routerboard': () =>
              by === 'their serial numbers' ? [{ 'serial-number': router().user }] : [],
            '/ip/hotspot/active': shown,
          }
        }
        const scene = await CaseScene.open(ledger, menus, { life })
        for (const turn of turns.keys()) {
          if (turn > 0) scene.drop()
          await scene.read(2)
        }
        // Ann was read last in reading 9, Bea first in reading 2 and last in reading 11.
        expect(await scene.sessions()).toMatchObject([
          { username: 'ann', data_upload: 9_000, data_download: 309 * M, end_reason: 'router_changed' },
          { username: 'bea', data_upload: 9_000, data_download: 9 * M, status: 'active' },
        ])
        const changed = { kind: 'router_changed', detail: { service: 'hotspot' } }
        expect(await scene.events()).toMatchObject([
          changed,
          { kind: 'baseline', detail: { username: 'bea', download: 702 * M } },
          ...[changed, changed, changed, changed],
        ])
      },
    )
  })

  test('one name in two domains of a hotspot is two subscribers', async () => {
    const scene = await CaseScene.open(ledger, twoDomains, { life })
    await scene.read(3)
    expect(await scene.sessions()).toMatchObject([
      { username: 'ann@north.example', domain: 'north.example', data_upload: 3_000, data_download: 5 * M },
      { username: 'ann@south.example', domain: 'south.example', data_upload: 4_000, data_download: 9 * M },
    ])
    expect(await scene.days()).toMatchObject([
      { username: 'ann@north.example', download: 5 * M },
      { username: 'ann@south.example', download: 9 * M },
    ])
  })

  test('one name in two domains is one subscriber when the config says that the domain is not part of it', async () => {
    const scene = await CaseScene.open(ledger, twoDomains, { life, hotspotDomain: 'ignore' })
    await scene.read(3)
    expect(await scene.sessions()).toMatchObject([
      { username: 'ann', domain: 'south.example', data_download: 9 * M },
      { username: 'ann', domain: 'north.example', data_download: 5 * M },
    ])
    expect(await scene.days()).toMatchObject([{ username: 'ann', upload: 7_000, download: 14 * M }])
  })

  test('a session that one reply lacks continues when the next one has it again, and no bytes are missing', async () => {
    const menus = (n: () => number) => ({
      '/ip/hotspot/active': () =>
        ['ann', 'bea', 'cy'].flatMap((user, index) => {
          const counters = { 'bytes-in': n() * 1_000, 'bytes-out': (10 + n()) * M }
          const row = guest(user, `${600 + n()}s`, { ...device(index), ...counters })
          return user === 'bea' && n() === 4 ? [] : [row]
        }),
    })
    const scene = await CaseScene.open(ledger, menus, { life })
    await scene.read(8)
    const whole = { status: 'active', data_upload: 7_000, data_download: 17 * M }
    expect(await scene.sessions()).toMatchObject([
      { username: 'ann', ...whole },
      { username: 'bea', ...whole },
      { username: 'cy', ...whole },
    ])
    expect(await scene.events()).toEqual([])
  })

  test('a hotspot session whose address changes is one session, and has the new address', async () => {
    const menus = (n: () => number) => ({
      '/ip/hotspot/active': () => [
        guest('ann', `${600 + n()}s`, {
          ...(n() < 4 ? {} : { '.id': '*C0A80A63', address: '10.5.50.99' }),
          ...{ 'bytes-in': n() * 1_000, 'bytes-out': (10 + n()) * M },
        }),
      ],
    })
    const scene = await CaseScene.open(ledger, menus, { life })
    await scene.read(8)
    expect(await scene.sessions()).toMatchObject([
      {
        username: 'ann',
        status: 'active',
        ip_address: '10.5.50.99',
        data_upload: 7_000,
        data_download: 17 * M,
      },
    ])
    expect(await scene.events()).toEqual([])
  })
})

function twoDomains(n: () => number) {
  const counters = (upload: number, download: number) => ({
    ...{ 'bytes-in': upload * 1_000 + n() * 1_000, 'bytes-out': (download + n()) * M },
  })
  return {
    '/ip/hotspot/active': () => [
      guest('ann', `${600 + n()}s`, { ...device(0), domain: 'north.example', ...counters(1, 3) }),
      guest('ann', `${900 + n()}s`, { ...device(1), domain: 'south.example', ...counters(2, 7) }),
    ],
  }
}
