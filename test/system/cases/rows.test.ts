import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LedgerScene, NOON, openLedgerScene } from '../../store/pg/ledger-scene.ts'
import { device, guest, M, pppMenus } from './case-rows.ts'
import { CaseScene, LIVES } from './case-scene.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

let ledger: LedgerScene

beforeAll(async () => {
  ledger = await openLedgerScene()
})

afterAll(() => ledger.stop())

/** Three guests, with the uptime of the first as the test has it. */
function threeGuests(uptimeOfFirst: (n: number) => string | undefined) {
  return (n: () => number) => ({
    '/ip/hotspot/active': () =>
      ['ann', 'bea', 'cy'].map((user, index) =>
        guest(user, `${600 + n()}s`, {
          ...device(index),
          ...{ 'bytes-in': (1 + n()) * 1_000, 'bytes-out': (10 + n()) * M },
          ...(index === 0 ? { uptime: uptimeOfFirst(n()) } : {}),
        }),
      ),
  })
}

describe.each(LIVES)('%s', life => {
  test.each([
    ['none', undefined],
    ['one in microseconds', '10m20ms15us'],
  ])(
    'a hotspot row whose uptime cannot be read costs only its own session, for good: %s',
    async (_, uptime) => {
      const scene = await CaseScene.open(
        ledger,
        threeGuests(() => uptime),
        { life },
      )
      await scene.read(6)
      const whole = { status: 'active', data_upload: 6_000, data_download: 15 * M }
      expect(await scene.sessions()).toMatchObject([
        { username: 'ann', status: 'active', data_upload: 0, data_download: 0 },
        { username: 'bea', ...whole },
        { username: 'cy', ...whole },
      ])
      expect(await scene.events()).toMatchObject([
        { kind: 'unreadable', detail: { username: 'ann', rowId: '*C0A80A10', property: 'uptime' } },
      ])
    },
  )

  test('a session whose uptime can no longer be read stays open with its numbers, and continues from them', async () => {
    const isGarbled = (n: number) => n >= 3 && n < 7
    const menus = threeGuests(n => (isGarbled(n) ? '10m20ms15us' : `${600 + n}s`))
    const scene = await CaseScene.open(ledger, menus, { life })
    await scene.read(6)
    const [ann, ...others] = await scene.sessions()
    expect(ann).toMatchObject({
      username: 'ann',
      status: 'active',
      data_upload: 3_000,
      data_download: 12 * M,
    })
    expect(others).toMatchObject([{ data_download: 15 * M }, { data_download: 15 * M }])
    await scene.read(4)
    const whole = { status: 'active', data_upload: 10_000, data_download: 19 * M }
    expect(await scene.sessions()).toMatchObject([whole, whole, whole])
    expect(await scene.events()).toMatchObject([{ kind: 'unreadable', detail: { username: 'ann' } }])
  })

  test('a PPP row without an uptime costs only its own session', async () => {
    const dialled = (n: number) =>
      ['ann', 'bea'].map((name, index) => ({
        ...{ name, caller: `B8:69:F4:B7:52:B${index}`, sessionId: `0x8130007${index}` },
        uptime: name === 'ann' ? undefined : `${600 + n}s`,
        ...{ upload: (1 + n) * 1_000, download: (10 + n) * M },
      }))
    const menus = (n: () => number) => pppMenus(() => dialled(n()))
    const scene = await CaseScene.open(ledger, menus, { life, services: ['ppp'] })
    await scene.read(6)
    expect(await scene.sessions()).toMatchObject([
      { username: 'ann', status: 'active', data_upload: 0, data_download: 0 },
      { username: 'bea', status: 'active', data_upload: 6_000, data_download: 15 * M },
    ])
    expect(await scene.events()).toMatchObject([
      { kind: 'unreadable', detail: { username: 'ann', rowId: '*80000000', property: 'uptime' } },
    ])
  })

  test('bytes of a session that says it is older than its router go to the days since the router started', async () => {
    const uptimeMs = 48 * HOUR_MS
    const menus = (n: () => number) => ({
      '/system/resource': () => [{ uptime: `${uptimeMs / 1_000 + n()}s`, version: '7.20 (stable)' }],
      '/ip/hotspot/active': () => [guest('ann', '2969w3d1h', { 'bytes-out': 500 * M })],
    })
    const scene = await CaseScene.open(ledger, menus, { life })
    await scene.read(2)
    // Noon is 15:00 in Nairobi: 9, 24 and 15 of the 48 hours.
    const days = await scene.days()
    expect(days.map(({ day, download }) => [day, Math.round(download / M)])).toEqual([
      ['2026-11-22', 94],
      ['2026-11-23', 250],
      ['2026-11-24', 156],
    ])
    const [session, ...others] = await scene.sessions()
    expect(others).toEqual([])
    expect(session).toMatchObject({ status: 'active', data_upload: 0, data_download: 500 * M })
    expect(session?.start_time.getTime()).toBeGreaterThanOrEqual(NOON - uptimeMs - 1_000)
    expect(await scene.events()).toMatchObject([{ kind: 'impossible_uptime', detail: { username: 'ann' } }])
  })
})

test.each([
  ['since 1970', '2969w3d', 11 * M],
  ['of 300 years', '16534w', 11 * M],
  ['that is too long to be understood', '99999999999w', 0],
])(
  'a session with an uptime %s ends like any other when the router reports that it has gone',
  async (_, uptime, counted) => {
    const menus = (n: () => number) => ({
      '/ip/hotspot/active': () => [
        ...(n() < 2 ? [guest('ann', uptime, { 'bytes-out': (10 + n()) * M })] : []),
        guest('bea', `${600 + n()}s`, { ...device(1), 'bytes-out': (10 + n()) * M }),
      ],
    })
    const scene = await CaseScene.open(ledger, menus, { isListening: true })
    await scene.read(2)
    for (const words of [{ '.id': '*C0A80A08' }, { '.id': '*FFFF' }, {}])
      scene.router.report('/ip/hotspot/active', { ...words, '.dead': 'true' })
    await scene.read(3)
    expect(await scene.sessions()).toMatchObject([
      { username: 'ann', status: 'ended', end_reason: 'logout', data_download: counted },
      { username: 'bea', status: 'active', data_download: 14 * M },
    ])
  },
)

test('a menu that was missing once is asked again within minutes', async () => {
  let isMissing = true
  const menus = (n: () => number) => ({
    ...pppMenus(() => []),
    '/ip/hotspot/active': () =>
      isMissing
        ? 'no such command prefix'
        : [guest('ann', `${MINUTE_MS / 1_000 + n()}s`, { 'bytes-out': M })],
  })
  const services = ['hotspot', 'ppp'] as const
  const scene = await CaseScene.open(ledger, menus, { services, everyMs: MINUTE_MS / 2 })
  await scene.read(1)
  isMissing = false
  await scene.read(1)
  expect(await scene.sessions()).toEqual([])
  await scene.read(10)
  expect(await scene.sessions()).toMatchObject([{ username: 'ann', status: 'active', data_download: M }])
})
