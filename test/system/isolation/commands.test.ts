import { Writable } from 'node:stream'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { USAGE_BY } from '../../../src/commands/arguments.ts'
import { events } from '../../../src/commands/events.ts'
import { usage } from '../../../src/commands/usage.ts'
import { USAGE_FORMATS } from '../../../src/commands/usage-format.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { decideOnce } from '../../../src/store/events/decide-once.ts'
import { DECIDABLE_KINDS } from '../../../src/store/events/event-bytes.ts'
import type { EventQuestion } from '../../../src/store/usage/event-query.ts'
import type { UsageQuestion } from '../../../src/store/usage/usage-query.ts'
import { addSessions, ReadScene } from '../../api/usage/read-scene.ts'
import { expected, tried } from '../../harness/random-runs.ts'
import { OTHER, OWN } from './names.ts'

/** Two databases that differ only in the other tenant, whose users and routers have the same names as the own ones. */
let shared: ReadScene
let alone: ReadScene
beforeAll(async () => {
  shared = await ReadScene.open(OTHER, OWN)
  alone = await ReadScene.open(OWN)
  await addSessions(shared.pool, OTHER, { sessions: 90, everyHours: 9, seed: 400 })
  for (const { pool } of [shared, alone]) {
    await addSessions(pool, OWN, { sessions: 60, everyHours: 13, seed: 1 })
    await addEvents(pool, OWN)
  }
  await addEvents(shared.pool, OTHER)
})
afterAll(async () => {
  await shared.stop()
  await alone.stop()
})

/** Adds an event with bytes for each of the tenant's sessions, with decisions on some of them. */
async function addEvents(pool: ReadScene['pool'], tenant: string): Promise<void> {
  await pool.query(
    `insert into ledger_events (tenant_id, router_id, at, kind, detail)
       select tenant_id, router_id, start_time, ($2::text[])[1 + row_number() over (order by id) % 4],
         jsonb_build_object('session_id', id, 'service', service, 'username', username, 'reason', tenant_id, 'upload',
           data_upload, 'download', data_download)
       from user_sessions where tenant_id = $1 order by id`,
    [tenant, DECIDABLE_KINDS],
  )
  await pool.query(
    `insert into event_decisions (event_id, tenant_id, router_id, at, kind, detail, decision, upload, download, reason,
         decided_by, decided_at)
       select id, tenant_id, router_id, at, kind, detail, 'rejected', 1, 1, tenant_id, tenant_id, at
       from ledger_events where tenant_id = $1 and id % 3 = 0`,
    [tenant],
  )
}

async function printed({ url }: ReadScene, question: UsageQuestion, format: (typeof USAGE_FORMATS)[number]) {
  return printedBy(out => usage({ url, question, format, out }))
}

async function printedBy(print: (out: Writable) => Promise<void>): Promise<string> {
  let text = ''
  const out = new Writable({
    write(chunk, _, done) {
      text += String(chunk)
      done()
    },
  })
  await print(out)
  return text
}

const BY = ['day', 'month', 'user', 'router', 'session'] as const satisfies readonly UsageQuestion['by'][]
const day = fc.constantFrom(undefined, '2026-10-20', '2026-11-01', '2026-11-20')
const questions = fc.record({
  user: fc.constantFrom(undefined, 'user-1', 'user-6', OTHER, 'nobody', '%', ''),
  from: day,
  to: fc.constantFrom(undefined, '2026-11-20', '2026-11-30'),
})

test('usage of a tenant prints nothing of another, in any grouping and format', async () => {
  let rows = 0
  expect(USAGE_BY.toSorted(), 'name it in BY').toEqual(BY.toSorted())
  for (const by of BY)
    for (const format of USAGE_FORMATS)
      await fc.assert(
        fc.asyncProperty(questions, async parts => {
          const question = { tenant: OWN, by, ...parts }
          const text = await printed(shared, question, format)
          expect(text).toBe(await printed(alone, question, format))
          rows += text.split('\n').length
        }),
        tried(3, 8),
      )
  expect(rows).toBeGreaterThan(expected(100, 300))
  // The other tenant does have something to print.
  const theirs = await printed(
    shared,
    { tenant: undefined, user: undefined, from: '2026-10-20', to: undefined, by: 'user' },
    'csv',
  )
  expect(theirs).toContain(OTHER)
}, 180_000)

const eventQuestions = fc.record({
  user: fc.constantFrom(undefined, 'user-1', 'user-6', OTHER, '%', ''),
  router: fc.constantFrom(undefined, 'hq', 'hill', OTHER, ''),
  kind: fc.constantFrom(undefined, ...DECIDABLE_KINDS),
  from: day,
  to: fc.constantFrom(undefined, '2026-11-20', '2026-11-30'),
  isUndecided: fc.boolean(),
})

test('events of a tenant print nothing of another, with any filters', async () => {
  const eventsOf = ({ url }: ReadScene, question: EventQuestion, format: (typeof USAGE_FORMATS)[number]) =>
    printedBy(out => events({ url, question, format, out }))
  let rows = 0
  for (const format of USAGE_FORMATS)
    await fc.assert(
      fc.asyncProperty(eventQuestions, async parts => {
        const question = { tenant: OWN, ...parts }
        const text = await eventsOf(shared, question, format)
        expect(text).toBe(await eventsOf(alone, question, format))
        rows += text.split('\n').length
      }),
      tried(6, 16),
    )
  expect(rows).toBeGreaterThan(expected(20, 60))
  const all = { ...{ user: undefined, router: undefined, kind: undefined }, from: undefined, to: undefined }
  const theirs = await eventsOf(shared, { tenant: undefined, ...all, isUndecided: false }, 'csv')
  expect(theirs).toContain(OTHER)
}, 180_000)

test('a credit changes the numbers of the event’s tenant, and of no other', async () => {
  const numbersOf = async (tenant: string) => {
    const tables = ['user_sessions', 'session_deltas', 'usage_daily', 'tenant_usage_daily', 'ledger_events']
    const all: unknown[] = []
    for (const table of tables)
      all.push(
        (
          await shared.pool.query(
            `select to_jsonb(t) as row from ${table} as t where tenant_id = $1 order by to_jsonb(t)::text`,
            [tenant],
          )
        ).rows,
      )
    return all
  }
  const { rows } = await shared.pool.query<{ id: string }>(
    'select id from ledger_events where tenant_id = $1 and id % 3 = 1 order by id limit 3',
    [OWN],
  )
  const before = { own: await numbersOf(OWN), other: await numbersOf(OTHER) }
  for (const { id } of rows) {
    const decision = {
      ...{ event: id, decision: 'accepted' as const, reason: 'x', by: 'y' },
      bucketMs: 900_000,
    } as const
    expect(await decideOnce({ url: shared.url, log: createLogger('silent') }, decision)).toMatchObject({
      ...{ kind: 'decided', tenant: OWN },
    })
  }
  expect(await numbersOf(OTHER)).toEqual(before.other)
  expect(await numbersOf(OWN)).not.toEqual(before.own)
})
