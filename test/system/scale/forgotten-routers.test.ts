import { expect, test } from 'vitest'
import { decide } from '../../../src/accounting/decide.ts'
import { routerId, routerKey, sessionId, tenantId } from '../../../src/accounting/ids.ts'
import { NEW_LEDGER } from '../../../src/accounting/ledger.ts'
import { Journal } from '../../../src/journal/journal.ts'
import { hotspot, TERMS } from '../../accounting/readings.ts'
import { MemoryDisk } from '../../journal/files/memory-disk.ts'
import { HandClock } from '../../runtime/hand-clock.ts'
import { LogLines } from '../../runtime/log-lines.ts'

const ROUTERS = Array.from({ length: 5_000 }, (_, number) =>
  routerKey(tenantId('acme'), routerId(`router${number}`)),
)
const DECISION = decide(NEW_LEDGER, hotspot(0, []), TERMS, () => sessionId('none'))

test('5,000 routers lost at once, each with a reading on its way to the disk, are forgotten without searching the others', async () => {
  const disk = new MemoryDisk()
  const open = () =>
    new Journal({
      ...{ directory: 'journal', maxBytes: 1e9, disk, pending: () => [] },
      ...{ clock: new HandClock('2026-03-01T00:00:00Z'), log: new LogLines().log },
    })
  const journal = open()
  await journal.start()
  await journal.load()
  let looks = 0
  const appended = ROUTERS.map(key =>
    journal.append({
      ...{ kind: 'decision', epoch: 1, position: 1, decision: DECISION },
      get router() {
        looks++
        return key
      },
    }),
  )
  looks = 0
  for (const router of ROUTERS) journal.forget(router)
  expect(looks).toBeLessThanOrEqual(2 * ROUTERS.length)
  await journal.stop()
  expect(await Promise.all(appended)).toEqual(ROUTERS.map(() => true))
  const next = open()
  await next.start()
  await next.load()
  expect(next.routers).toEqual([])
  await next.stop()
})
