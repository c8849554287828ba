import { expect, onTestFinished, test } from 'vitest'
import { decide } from '../../../src/accounting/decide.ts'
import { type SessionId, sessionId } from '../../../src/accounting/ids.ts'
import { adopt, NEW_LEDGER } from '../../../src/accounting/ledger.ts'
import type { Reading, Service } from '../../../src/accounting/reading.ts'
import { Router } from '../../../src/routeros/router.ts'
import { HOTSPOT_ANN, PPP_ANN, startRouter } from '../../harness/fleet/opened.ts'
import type { SimulatedRouter } from '../../harness/fleet/simulated-router.ts'
import { HandClock } from '../../runtime/hand-clock.ts'
import { scriptedHotspot } from '../../services/hotspot/scripted-hotspot.ts'
import { newRouterServices } from '../../services/router-services.ts'
import { addressOf, NEVER, PATIENT_MS, plainLink } from '../wire/dialled.ts'

const NOON = new Date('2026-11-24T12:00:00Z')
const TERMS = { plausibleBitsPerSecond: 10e9, stalledAfterMs: 900_000 }

async function listening(router: SimulatedRouter, isListening: boolean) {
  const clock = new HandClock(NOON)
  const options = { services: newRouterServices(), timeoutMs: PATIENT_MS, isListening, clock }
  const link = await Router.connect({ address: addressOf(router), ...options, ...plainLink() }, NEVER)
  onTestFinished(() => link.close())
  return { link, clock }
}

async function read(link: Router, service: Service): Promise<Reading> {
  const reading = await link.read(service)
  if (!reading) throw new Error(`no ${service} here`)
  return reading
}

test.each([
  ['6.49', 'hotspot'],
  ['7.20', 'hotspot'],
  ['6.49', 'ppp'],
  ['7.20', 'ppp'],
] as const)(
  'a %s router reports logouts from its %s at once, so that sessions end at the right time',
  async (version, service) => {
    const router = await startRouter({ version })
    const session = router.login(service === 'hotspot' ? HOTSPOT_ANN : PPP_ANN)
    const { link, clock } = await listening(router, true)
    const before = await read(link, service)
    const opened = decide(NEW_LEDGER, before, TERMS, ids())
    clock.turn(1_000)
    router.logout(session)
    // This answer comes after what the listen reports.
    await read(link, service === 'hotspot' ? 'ppp' : 'hotspot')
    clock.turn(4_000)
    const missing = await read(link, service)
    expect([...(missing.departures?.values() ?? [])]).toEqual([new Date(NOON.getTime() + 1_000)])
    const missed = decide(adopt(NEW_LEDGER, opened), missing, TERMS, ids())
    expect(missed.entries).toMatchObject([{ kind: 'interim' }])
    clock.turn(5_000)
    const ledger = adopt(adopt(NEW_LEDGER, opened), missed)
    const { entries } = decide(ledger, await read(link, service), TERMS, ids())
    expect(entries).toMatchObject([{ kind: 'stop', endTime: new Date(NOON.getTime() + 1_000) }])
  },
)

test('a new login on the same address is another session, and the previous one ended at its logout', async () => {
  const newId = ids()
  const router = await startRouter({})
  const session = router.login({ ...HOTSPOT_ANN, loggedInForMs: 60_000 })
  const { link, clock } = await listening(router, true)
  const opened = decide(NEW_LEDGER, await read(link, 'hotspot'), TERMS, newId)
  clock.turn(1_000)
  router.logout(session)
  router.login(HOTSPOT_ANN)
  await read(link, 'ppp')
  clock.turn(4_000)
  const missed = decide(adopt(NEW_LEDGER, opened), await read(link, 'hotspot'), TERMS, newId)
  expect(missed.entries).toMatchObject([{ kind: 'start' }, { kind: 'interim' }])
  clock.turn(5_000)
  const ledger = adopt(adopt(NEW_LEDGER, opened), missed)
  const { entries } = decide(ledger, await read(link, 'hotspot'), TERMS, newId)
  expect(entries).toMatchObject([{ kind: 'stop', endTime: new Date(NOON.getTime() + 1_000) }])
})

test('a router that refuses a listen is polled all the same', async () => {
  const router = await startRouter({})
  router.failNext({ menu: '/ip/hotspot/active', messages: ['not enough permissions (9)'], times: 1 })
  const session = router.login(HOTSPOT_ANN)
  const { link } = await listening(router, true)
  await read(link, 'hotspot')
  router.logout(session)
  const after = await read(link, 'hotspot')
  expect(after.sessions).toEqual([])
  expect(after.departures?.size).toBe(0)
})

test('listening can be switched off', async () => {
  const router = await startRouter({})
  const { link } = await listening(router, false)
  await read(link, 'hotspot')
  expect(router.received('/ip/hotspot/active/listen')).toBe(0)
})

test('20,000 logouts at once, each reported five times, do not take quadratic time', async () => {
  const cpuOf = async (count: number) => {
    let online = Array.from({ length: count }, (_, index) => [
      `=.id=*${index.toString(16)}`,
      `=user=user-${index}`,
      ...['=uptime=1h', '=bytes-in=1', '=bytes-out=1'],
    ])
    const router = scriptedHotspot(() => online, new HandClock(NOON))
    await router.read()
    await router.read()
    const before = process.cpuUsage()
    for (let round = 0; round < 5; round++)
      for (let index = 0; index < count; index++) router.leave(`*${index.toString(16)}`)
    online = []
    const { departures } = await router.read()
    const { user } = process.cpuUsage(before)
    expect(departures.size).toBe(count)
    return user / 1_000
  }
  await cpuOf(1_000)
  const few = await cpuOf(5_000)
  expect(await cpuOf(20_000)).toBeLessThan(10 * few + 200)
})

function ids(): () => SessionId {
  let last = 0
  return () => sessionId(`00000000-0000-7000-8000-${String(++last).padStart(12, '0')}`)
}

test('a session that is reported as logged out again and again but stays is looked at once, in steps', async () => {
  const users = 50
  const row = (user: number) => [
    ...[`=.id=*${user}`, '=server=hotspot1', `=user=user-${user}`, '=mac-address=02:00:00:00:00:01'],
    ...['=uptime=1h', '=bytes-in=1', '=bytes-out=1'],
  ]
  const hotspot = scriptedHotspot(
    () => Array.from({ length: users }, (_, user) => row(user)),
    new HandClock(NOON),
  )
  const storm = () => {
    for (let user = 0; user < users; user++) hotspot.leave(`*${user}`)
  }
  await hotspot.read()
  await hotspot.read()
  for (let round = 0; round < 3; round++) {
    storm()
    storm()
    const { departures, steps } = await hotspot.read()
    expect([departures.size, steps]).toEqual([0, users])
  }
  expect(hotspot.made()).toBe(users)
})
