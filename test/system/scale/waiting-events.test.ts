import { afterAll, beforeAll, expect, test } from 'vitest'
import { Calendar } from '../../../src/accounting/calendar.ts'
import { type LedgerEvent, NO_MOVES } from '../../../src/accounting/entry.ts'
import { inOneGo } from '../../../src/accounting/steps.ts'
import { ByteWriter } from '../../../src/journal/format/byte-writer.ts'
import { WRITTEN_FORMAT } from '../../../src/journal/format/format.ts'
import { RecordReader, RecordWriter } from '../../../src/journal/format/record-code.ts'
import type { JournalRecord } from '../../../src/journal/record.ts'
import { Rollup } from '../../../src/live/rollup.ts'
import type { CheckpointRecord } from '../../../src/recording/journal-port.ts'
import { RouterBook } from '../../../src/recording/router-book.ts'
import { JournalRecovery } from '../../../src/roster/recovery.ts'
import { recordedRouter } from '../../recording/recorder-scene.ts'
import { ReadRouter } from '../../store/commit/read-router.ts'
import { key, type LedgerScene, NOON, openLedgerScene } from '../../store/pg/ledger-scene.ts'

const EVENTS = 200_000

let scene: LedgerScene
beforeAll(async () => {
  scene = await openLedgerScene()
  await scene.begin()
})
afterAll(() => scene.stop())

/** The record as it comes back from the disk. */
function read(record: CheckpointRecord): JournalRecord {
  const out = new ByteWriter()
  inOneGo(new RecordWriter().write(out, record))
  return new RecordReader(record.router, WRITTEN_FORMAT).read(Buffer.from(out.view()))
}

test('a router with 200,000 pending events is resumed at a start, and committed whole', async () => {
  const hq = new ReadRouter('acme', 'hq')
  const events = Array.from({ length: EVENTS }, (_, number): LedgerEvent => {
    return { kind: 'baseline', at: new Date(NOON - number), detail: { username: `user${number}` } }
  })
  const pending = {
    ...{ basePosition: 0, position: 1, sessions: new Map(), moves: NO_MOVES, events },
    ...{ bindings: new Map(), readings: new Map() },
  }
  const record = read({ kind: 'checkpoint', router: key(hq), epoch: 1, pending: [pending] })
  const recovery = new JournalRecovery({
    routers: [key(hq)],
    async *recordsOf() {
      yield record
    },
    committed: () => {},
    forget: () => {},
  })
  const { records, unapplied } = await recovery.of(key(hq), { epoch: 0, position: 0 })
  expect(unapplied.readings).toBe(0)
  const stored = (await scene.store.load([hq])).get(key(hq)) ?? expect.fail()
  const book = new RouterBook(recordedRouter('hq'), stored, new Rollup(), 1)
  book.recover(records, { bucketMs: 900_000, calendar: new Calendar('UTC') })
  const offered = book.offer() ?? expect.fail()
  expect(offered.events).toHaveLength(EVENTS)
  const committed = await scene.store.commit([{ ...hq, epoch: 1, pending: offered }])
  expect([...committed.values()]).toEqual([{ kind: 'committed' }])
  expect(await scene.ask('select count(*)::int as n from ledger_events')).toEqual([{ n: EVENTS }])
})
