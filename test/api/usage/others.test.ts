import { afterAll, beforeAll, expect, test } from 'vitest'
import { OTHERS } from '../../../src/accounting/limits/others.ts'
import { acme, type TestApi } from '../http/api-fixture.ts'
import { ReadScene } from './read-scene.ts'

let scene: ReadScene
let api: TestApi
beforeAll(async () => {
  scene = await ReadScene.open('acme')
  api = await scene.api([acme])
  await scene.pool.query(`insert into usage_daily values
    ('acme', '2026-11-24', 'hq', 'ppp', 'ann', 10, 1), ('acme', '2026-11-24', 'hq', 'ppp', '${OTHERS}', 30, 4);
    insert into tenant_usage_daily values ('acme', '2026-11-24', 'hq', 'ppp', 40, 5, 1, true)`)
})
afterAll(() => scene.stop())

test.each([
  ['/api/usage?by=user', [OTHERS, 'ann']],
  ['/api/usage/top?period=today', [OTHERS, 'ann']],
  [`/api/usage?by=user&user=${OTHERS}`, [OTHERS]],
])('%s shows (others) as any name, so that the sum is the router’s', async (path, names) => {
  const { text } = await api.ask(path, 'acme')
  const { rows } = JSON.parse(text)['data']
  expect(rows.map((row: Record<string, unknown>) => row['username'])).toEqual(names)
  expect(rows[0]).toMatchObject({ username: OTHERS, upload: 30, download: 4, used: 34 })
})

test('CSV has (others) unchanged', async () => {
  const { text } = await api.ask('/api/usage?by=user&format=csv', 'acme')
  expect(text).toContain(`,${OTHERS},30,4,34`)
})
