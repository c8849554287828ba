import { expect, test } from 'vitest'
import { ofService, PLAIN_READING } from '../../accounting/readings.ts'
import { BEGINNING, Scene } from '../../recording/recorder-scene.ts'
import { scriptedHotspot } from '../../services/hotspot/scripted-hotspot.ts'

const SESSIONS = 20_000
const REPORTS_EACH = 5

test('20,000 sessions that log out at once, each reported five times, have ended at the reported time, in the journal and the tables', async () => {
  const scene = new Scene()
  const { clock, recorder, journal, store } = scene
  const hq = scene.addRouter('hq')
  let online: readonly (readonly string[])[] = Array.from({ length: SESSIONS }, (_, number) => [
    `=.id=*${number.toString(16)}`,
    ...[`=user=user-${number}`, '=uptime=1h', `=bytes-in=${number}`, '=bytes-out=1'],
  ])
  const router = scriptedHotspot(() => online, clock)
  const boot = { earliestMs: BEGINNING.getTime() - 1e9, latestMs: BEGINNING.getTime() - 1e9 }
  const read = async () => {
    const { answer, departures } = await router.read()
    const { rows: sessions, by, numbers, known, answeredMs } = answer
    const at = { wall: clock.now(), steadyMs: clock.steadyMs() }
    await recorder.record(hq, [
      {
        ...{ ...ofService('hotspot'), at, boot, sessions, ...PLAIN_READING },
        ...{ numbered: { by, numbers, known, answeredMs }, departures },
      },
    ])
  }
  await read()
  await recorder.commit([hq])
  await clock.turn(1_000)
  const leftAt = clock.now()
  for (let time = 0; time < REPORTS_EACH; time++)
    for (let number = 0; number < SESSIONS; number++) router.leave(`*${number.toString(16)}`)
  online = []
  await clock.turn(4_000)
  await read()
  await clock.turn(5_000)
  await read()
  const stops = journal.appended.flatMap(({ decision }) => decision.entries.filter(it => it.kind === 'stop'))
  expect(stops).toHaveLength(SESSIONS)
  expect(new Set(stops.map(it => it.session.username)).size).toBe(SESSIONS)
  expect(new Set(stops.map(it => it.endTime.getTime()))).toEqual(new Set([leftAt.getTime()]))
  await recorder.commit([hq])
  expect(store.batches.at(-1)?.map(it => it.pending.sessions.size)).toEqual([SESSIONS])
  expect(recorder.pending().size).toBe(0)
}, 120_000)
