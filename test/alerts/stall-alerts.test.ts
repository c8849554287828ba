import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type LedgerScene, openLedgerScene } from '../store/pg/ledger-scene.ts'
import { WatchScene } from './alert-scene.ts'

const SESSION = '01999999-0000-7000-8000-00000000000'

let scene: LedgerScene
let daemon: WatchScene

beforeAll(async () => {
  scene = await openLedgerScene()
})
afterAll(() => scene.stop())
beforeEach(async () => {
  await scene.begin()
  daemon = new WatchScene(scene.url, '2026-11-26T09:00:00Z')
  daemon.setRules([
    { kind: 'session_stalled', id: 'routers', scope: 'router' },
    { kind: 'session_stalled', id: 'users', scope: 'user' },
  ])
})
afterEach(() => daemon.stop())

test('a session without counters fires for its own rules, with the same terms', async () => {
  daemon.setRules([
    { kind: 'session_uncounted', id: 'routers', scope: 'router' },
    { kind: 'session_uncounted', id: 'users', scope: 'user' },
    { kind: 'session_stalled', id: 'silent', scope: 'user' },
  ])
  await stall('2026-11-26T08:00:00Z', 'ann', 'hq', 1, 'uncounted')
  await stall('2026-11-26T08:30:00Z', 'ann', 'hq', 2, 'uncounted')
  await stall('2026-11-26T08:40:00Z', 'bo', 'hq', 3, 'stall')
  await daemon.look()
  await daemon.look()
  const detail = { router: 'hq', username: 'ann', session_id: `${SESSION}1`, service: 'hotspot' }
  const [on, day] = ['session_uncounted', '2026-11-26']
  expect(
    daemon.reported.map(({ alert: { rule, kind, subject, period, detail } }) => [
      rule,
      kind,
      subject,
      period,
      detail,
    ]),
  ).toEqual([
    ['routers', on, 'hq', day, detail],
    ['users', on, 'ann', day, detail],
    ['silent', 'session_stalled', 'bo', day, { ...detail, username: 'bo', session_id: `${SESSION}3` }],
  ])
})

async function stall(at: string, username: string, router = 'hq', number = 1, kind = 'stall'): Promise<void> {
  const detail = { session_id: `${SESSION}${number}`, service: 'hotspot', username, idle_seconds: 900 }
  await scene.ask(`insert into ledger_events (tenant_id, router_id, at, kind, detail)
    values ('acme', '${router}', '${at}', '${kind}', '${JSON.stringify(detail)}')`)
}

test('a session that stalls fires once a day for its subscriber and for its router', async () => {
  await stall('2026-11-26T08:00:00Z', 'ann', 'hq', 1)
  await stall('2026-11-26T08:30:00Z', 'ann', 'hq', 2)
  await stall('2026-11-26T08:40:00Z', 'bo', 'hq', 3)
  await stall('2026-11-26T08:50:00Z', 'cy', 'hill', 4, 'reset')
  await daemon.look()
  await daemon.look()
  expect(daemon.reported.map(({ alert }) => [alert.rule, alert.scope, alert.subject, alert.detail])).toEqual(
    [
      ['routers', 'router', 'hq', 'ann', 1],
      ['users', 'user', 'ann', 'ann', 1],
      ['users', 'user', 'bo', 'bo', 3],
    ].map(([rule, scope, subject, username, number]) => [
      ...[rule, scope, subject],
      { router: 'hq', username, session_id: `${SESSION}${number}`, service: 'hotspot' },
    ]),
  )
})

test('the day is the tenant’s', async () => {
  // 21:00 UTC is midnight in Nairobi; two days ago is no longer open.
  await stall('2026-11-24T20:59:59Z', 'ann')
  await stall('2026-11-25T20:59:59Z', 'ann')
  await stall('2026-11-25T21:00:00Z', 'ann')
  await daemon.look()
  expect(daemon.takeAlerts()).toEqual([
    'routers hq 2026-11-25',
    'routers hq 2026-11-26',
    'users ann 2026-11-25',
    'users ann 2026-11-26',
  ])
})
