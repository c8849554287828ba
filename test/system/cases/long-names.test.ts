import { afterAll, beforeAll, expect, test } from 'vitest'
import { Calendar } from '../../../src/accounting/calendar.ts'
import { ReadGate } from '../../../src/api/usage/read-limits.ts'
import { usageRoutes } from '../../../src/api/usage/usage-routes.ts'
import { boundedName, LONGEST_NAME } from '../../../src/routeros/menus/bounded-text.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { UsageReader } from '../../../src/store/usage/usage-reader.ts'
import { acme, TestApi } from '../../api/http/api-fixture.ts'
import { AMPLE } from '../../api/usage/read-scene.ts'
import { type LedgerScene, openLedgerScene } from '../../store/pg/ledger-scene.ts'
import { device, guest, pppMenus } from './case-rows.ts'
import { CaseScene, LIVES } from './case-scene.ts'

const LONG = 'x'.repeat(60_000)
const names = ['a', 'b', 'c'].map(end => `${LONG}${end}`)
const [ann = '', bo = '', cy = ''] = names
const shortened = names.map(it => boundedName(it))
const [shortAnn = '', shortBo = '', shortCy = ''] = shortened

let ledger: LedgerScene

beforeAll(async () => {
  ledger = await openLedgerScene()
})

afterAll(() => ledger.stop())

/** Two guests, the second with an unreadable counter once, and a PPP account. */
const menus = (n: () => number) => {
  const dialled = { caller: '34:12:F9:8A:21:99', sessionId: '0x81400000', uptime: `${600 + n()}s` }
  return {
    ...pppMenus(() => [
      { name: cy, ...dialled, uptime: `${600 + n()}s`, upload: 100 * (1 + n()), download: 3 },
    ]),
    '/ip/hotspot/active': () => [
      guest(ann, `${600 + n()}s`, { ...device(0), 'bytes-in': 1_000 * (1 + n()) }),
      guest(bo, `${600 + n()}s`, { ...device(1), 'bytes-in': n() === 1 ? 'many' : 10 * (1 + n()) }),
    ],
  }
}

/** What the API answers to each path, from the tables. */
async function answersOf(scene: CaseScene, ...paths: readonly string[]): Promise<readonly string[]> {
  const log = createLogger('silent')
  const source = new UsageReader({ url: ledger.url, log, applicationName: 'reading', connections: 1 })
  const { clock } = scene
  const calendars = { tenants: () => [acme], calendar: () => new Calendar('Africa/Nairobi') }
  const routes = usageRoutes({
    ...{ source, clock, replica: undefined, gate: new ReadGate({ limits: AMPLE, clock }), calendars },
  })
  const api = await new TestApi({ routes }).start()
  try {
    const answers: string[] = []
    for (const path of paths) answers.push((await api.ask(path, 'acme')).text)
    return answers
  } finally {
    await api.stop()
    await source.stop()
  }
}

test.each(LIVES)(
  'a name of 60,000 characters is shortened in the same way in all tables and answers: %s',
  async life => {
    expect(shortened.map(it => it.length)).toEqual([LONGEST_NAME, LONGEST_NAME, LONGEST_NAME])
    const scene = await CaseScene.open(ledger, menus, { life, services: ['hotspot', 'ppp'] })
    await scene.read(4)
    const uploads = [
      [shortAnn, 4_000],
      [shortBo, 40],
      [shortCy, 400],
    ]
    const inTheirOrder = [...uploads].sort()
    expect((await scene.sessions()).map(it => [it.username, it.data_upload])).toEqual(inTheirOrder)
    expect((await scene.days()).map(it => [it.username, it.upload])).toEqual(inTheirOrder)
    expect(await scene.events()).toMatchObject([{ kind: 'unreadable', detail: { username: shortBo } }])
    const user = encodeURIComponent(shortBo)
    const [usage = '', top = '', csv = '', sessions = ''] = await answersOf(
      scene,
      ...['/api/usage?by=user', '/api/usage/top?period=today', '/api/usage?by=user&format=csv'],
      `/api/sessions?user=${user}`,
    )
    for (const answer of [usage, top, csv])
      expect(shortened.map(name => answer.split(name).length - 1)).toEqual([1, 1, 1])
    expect(JSON.parse(sessions)['data'].rows).toMatchObject([{ username: shortBo, upload: 40 }])
    for (const answer of [usage, top, csv, sessions]) expect(answer).not.toContain('x'.repeat(LONGEST_NAME))
  },
)
