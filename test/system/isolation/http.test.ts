import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TenantId } from '../../../src/accounting/ids.ts'
import type { Route } from '../../../src/api/http/routes.ts'
import { addSessions, ReadScene } from '../../api/usage/read-scene.ts'
import { ServedScene, tokenFor } from '../../auth/served-scene.ts'
import { expected, tried } from '../../harness/random-runs.ts'
import { counted } from './counted.ts'
import { NOWHERE, OTHER, OWN } from './names.ts'
import { ADMIN_PAGES, PARAMETERS } from './tables.ts'

/** Two daemons that differ only in the other tenant: one serves it, and one has never heard of it. */
let shared: ReadScene
let alone: ReadScene
let withOther: ServedScene
let withoutOther: ServedScene
let token: string
const questions: string[] = []
let guarded: readonly Route[]
/** The cursors of the other tenant's own pages, by path. */
const theirCursors = new Map<string, string>()

const ALERTS = `
  insert into alerts (tenant_id, number, rule, kind, scope, subject, period, fired_at, ended_at, detail)
    select $1, n, 'any-router', 'router_offline', 'router', 'hq', '2026-11-24T0' || n || ':00:00.000Z',
      timestamptz '2026-11-24 00:00Z' + n * interval '1 hour', '2026-11-24 10:00Z', '{"last_reading_at": null, "error": null}' from generate_series(1, 9) as n`

beforeAll(async () => {
  shared = await ReadScene.open(OWN, OTHER)
  alone = await ReadScene.open(OWN)
  for (const { pool } of [shared, alone]) {
    await addSessions(pool, OWN, { sessions: 60, everyHours: 13, seed: 1 })
    await pool.query(ALERTS, [OWN])
  }
  await addSessions(shared.pool, OTHER, { sessions: 90, everyHours: 9, seed: 400 })
  await shared.pool.query(ALERTS, [OTHER])
  await shared.pool.query(`
    insert into routers (tenant_id, id, name, host) values ('globex', 'their-router', 'R', '10.0.0.1');
    insert into usage_daily values ('globex', '2026-11-20', 'their-router', 'ppp', 'their-user', 7, 7);
    insert into tenant_usage_daily values ('globex', '2026-11-20', 'their-router', 'ppp', 7, 7);
    insert into alerts (tenant_id, number, rule, kind, scope, subject, period, detail) values ('globex', 99, 'their-rule', 'usage',
      'user', 'their-user', '2026-11', '{"used": 1, "threshold": 1, "quota": null}')`)
  withOther = await sceneOf(shared, [OWN, OTHER])
  withoutOther = await sceneOf(alone, [OWN])
  token = await tokenFor(OWN)
  guarded = withOther.serving.routes.filter(({ kind }) => kind === 'guarded')
  const theirs = await tokenFor(OTHER)
  for (const { path, parameters } of guarded) {
    if (!parameters.includes('cursor')) continue
    const page: { readonly data: { readonly next_cursor: string } } = JSON.parse(
      (await ask(withOther, `${path}?limit=1`, { headers: { Authorization: `Bearer ${theirs}` } })).text,
    )
    theirCursors.set(path, page.data.next_cursor)
  }
})
afterAll(async () => {
  for (const scene of [withOther, withoutOther, shared, alone]) await scene.stop()
})

function sceneOf({ reader }: ReadScene, tenants: readonly TenantId[]): Promise<ServedScene> {
  return new ServedScene(tenants, { usage: counted(reader, questions) }).start()
}

/** Everything in an answer except the time and the connection. */
async function ask(scene: ServedScene, target: string, init: RequestInit) {
  const response = await fetch(`http://127.0.0.1:${scene.port}${target}`, init)
  const headers = [...response.headers].filter(
    ([name]) => !['date', 'connection', 'keep-alive', 'transfer-encoding'].includes(name),
  )
  return { status: response.status, headers, text: await response.text() }
}

interface Question {
  readonly path: string
  readonly query: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
}

/** A request for a page with some of its parameters, and sometimes with an unknown one. */
function questionOf({ path, parameters }: Route): fc.Arbitrary<Question> {
  const given = parameters.map(name =>
    fc.oneof(
      { weight: 2, arbitrary: fc.constant<readonly [string, string][]>([]) },
      {
        weight: 1,
        arbitrary: triedFor(path, name).map((value): readonly [string, string][] => [[name, value]]),
      },
    ),
  )
  const query = fc.tuple(...given).map(values => values.flat())
  const strange = fc.oneof(
    { weight: 20, arbitrary: fc.constant<readonly [string, string][]>([]) },
    { weight: 1, arbitrary: fc.constant<readonly [string, string][]>([['colour', OTHER]]) },
  )
  return fc.record({
    path: fc.constant(path),
    query: fc.tuple(query, strange).map(([known, more]) => `${new URLSearchParams([...known, ...more])}`),
    method: fc.oneof(
      { weight: 9, arbitrary: fc.constant('GET') },
      { weight: 1, arbitrary: fc.constantFrom('HEAD', 'POST') },
    ),
    headers: fc.constantFrom<Readonly<Record<string, string>>[]>(
      {},
      {},
      { Accept: 'text/csv' },
      { 'If-None-Match': '*' },
    ),
  })
}

function triedFor(path: string, name: string): fc.Arbitrary<string> {
  const values = PARAMETERS[name] ?? fc.constant('')
  return name === 'cursor'
    ? values.map(value => (value === 'x' ? value : (theirCursors.get(path) ?? value)))
    : values
}

test('whatever a tenant requests of any page, no answer shows whether there is another tenant', async () => {
  const seen = new Map<string, number>()
  for (const route of guarded)
    await fc.assert(
      fc.asyncProperty(questionOf(route), async ({ path, query, method, headers }) => {
        const answers = []
        for (const scene of [withOther, withoutOther]) {
          // Keeps below the rate limit, and gives both the same time.
          await scene.clock.turn(1_000)
          answers.push(
            await ask(scene, `${path}?${query}`, {
              method,
              headers: { Authorization: `Bearer ${token}`, ...headers },
            }),
          )
        }
        const [one, other] = answers
        expect(one).toEqual(other)
        // What the request itself named may be in the answer.
        if (!query.includes('their-')) expect(one?.text).not.toMatch(/their-/)
        const key = `${path} ${one?.status}`
        seen.set(key, (seen.get(key) ?? 0) + 1)
      }),
      tried(50, 150),
    )
  // Not all of them were refused for something trivial.
  for (const { path } of guarded) {
    const isAdmins = Object.hasOwn(ADMIN_PAGES, path)
    expect(seen.get(`${path} ${isAdmins ? 403 : 200}`) ?? 0, path).toBeGreaterThan(expected(1, 5))
    if (!isAdmins) expect(seen.get(`${path} 404`) ?? 0, path).toBeGreaterThan(expected(1, 5))
  }
}, 120_000)

/** The questions to the board and the tables for one name, with the name replaced. */
async function workFor(path: string, name: string) {
  withOther.calls.length = 0
  questions.length = 0
  const answer = await ask(withOther, `${path}?tenant=${name}`, {
    headers: { Authorization: `Bearer ${token}` },
  })
  const calls = [...withOther.calls, ...questions].map(it => it.replaceAll(name, 'NAME'))
  return { calls, status: answer.status, text: answer.text }
}

test('the work for another’s name is the same as for an unknown one, so that its duration shows nothing either', async () => {
  for (const { path, parameters } of guarded) {
    const [theirs, nobodys] = [await workFor(path, OTHER), await workFor(path, NOWHERE)]
    expect(theirs).toEqual(nobodys)
    expect(theirs.status).toBe(parameters.includes('tenant') ? 404 : 400)
    // The count would show it: for its own name there is more work to do.
    if (parameters.includes('tenant'))
      expect((await workFor(path, OWN)).calls.length).toBeGreaterThan(theirs.calls.length)
  }
})
