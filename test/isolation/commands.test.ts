import { Writable } from 'node:stream'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { USAGE_BY } from '../../src/commands/arguments.ts'
import { usage } from '../../src/commands/usage.ts'
import { USAGE_FORMATS } from '../../src/commands/usage-format.ts'
import type { UsageQuestion } from '../../src/store/usage-query.ts'
import { addSessions, ReadScene } from '../api/read-scene.ts'
import { OTHER, OWN } from './names.ts'

/** Two databases that are alike but for the other tenant, whose users and routers have the same names as the own one's. */
let shared: ReadScene
let alone: ReadScene
beforeAll(async () => {
  shared = await ReadScene.open(OTHER, OWN)
  alone = await ReadScene.open(OWN)
  await addSessions(shared.pool, OTHER, { sessions: 90, everyHours: 9, seed: 400 })
  for (const { pool } of [shared, alone])
    await addSessions(pool, OWN, { sessions: 60, everyHours: 13, seed: 1 })
})
afterAll(async () => {
  await shared.stop()
  await alone.stop()
})

async function printed({ url }: ReadScene, question: UsageQuestion, format: (typeof USAGE_FORMATS)[number]) {
  let text = ''
  const out = new Writable({
    write(chunk, _, done) {
      text += String(chunk)
      done()
    },
  })
  await usage({ url, question, format, out })
  return text
}

const BY = ['day', 'month', 'user', 'router', 'session'] as const satisfies readonly UsageQuestion['by'][]
const day = fc.constantFrom(undefined, '2026-10-20', '2026-11-01', '2026-11-20')
const asked = fc.record({
  user: fc.constantFrom(undefined, 'user-1', 'user-6', OTHER, 'nobody', '%', ''),
  from: day,
  to: fc.constantFrom(undefined, '2026-11-20', '2026-11-30'),
})

test('usage of a tenant prints nothing of another, by whatever and in whatever format', async () => {
  let rows = 0
  expect(USAGE_BY.toSorted(), 'name it in BY').toEqual(BY.toSorted())
  for (const by of BY)
    for (const format of USAGE_FORMATS)
      await fc.assert(
        fc.asyncProperty(asked, async its => {
          const question = { tenant: OWN, by, ...its }
          const text = await printed(shared, question, format)
          expect(text).toBe(await printed(alone, question, format))
          rows += text.split('\n').length
        }),
        { numRuns: 8 },
      )
  expect(rows).toBeGreaterThan(300)
  // And there would have been something to be printed.
  const theirs = await printed(
    shared,
    { tenant: undefined, user: undefined, from: '2026-10-20', to: undefined, by: 'user' },
    'csv',
  )
  expect(theirs).toContain(OTHER)
}, 60_000)
