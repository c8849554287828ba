import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inSchema } from '../../../src/store/pg/installation.ts'
import { EXCEPTIONS, unnamed } from '../../harness/postgres/named-tenants.ts'

/*
 * The project `cluster` of `vitest.config.ts` checks all statements that the tests of the store, the alerts and the API
 * make the product send.
 */

test.each([
  'select from tenants',
  'insert into user_sessions (id, tenant_id) select * from unnest($1::uuid[], $2::text[])',
  'update user_sessions as it set reported = 1 where it.tenant_id = any($3::text[]) and it.id = any($1)',
  'select * from (select * from usage_daily where tenant_id = any($2::text[])) as u',
  'select 1 from wanted as w left join usage_daily as u on u.tenant_id = $5 and u.day = w.day',
  'select "id" from "user_sessions" where "user_sessions"."tenant_id" = $1',
])('%s names its tenants, or touches rows of none', text => {
  expect(unnamed(text)).toEqual([])
})

test.each([
  'select count(*) from user_sessions',
  'select "id" from "user_sessions" where "user_sessions"."id" = $1',
  'update session_deltas as d set upload = 0 from by where d.session_id = by.id',
  'delete from ledger_events where id = any(array(select id from ledger_events where tenant_id = $1))',
  'select (select sum(upload) from usage_daily) from tenants where tenant_id = $1',
  'with a as (select from usage_daily where tenant_id = $1) select from a join usage_daily as u using (day)',
  'select from router_services as s join user_sessions as u on u.tenant_id = s.tenant_id',
])('%s does not', text => {
  expect(unnamed(text)).not.toEqual([])
})

test('each exception is a statement of the store', () => {
  const folder = 'src/store'
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name =>
    name.endsWith('.ts'),
  )
  const source = files.map(name => readFileSync(join(folder, name), 'utf8')).join('\n')
  for (const part of Object.values(EXCEPTIONS)) expect(inSchema(source, undefined)).toContain(part)
})
