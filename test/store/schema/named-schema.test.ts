import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inSchema } from '../../../src/store/pg/installation.ts'
import { TABLES } from './old-schema.ts'

const NAMES = [...TABLES, 'alerts', 'alert_deliveries', 'daemon_lists'].join('|')
/** A table in a statement, without a schema. */
const UNNAMED = new RegExp(
  `\\b(?:from|join|into|update|table|using|exists|like|partition|\\('|regclass\\(')\\s*"?(?:${NAMES})\\b(?!\\.|' ?[,)] ?=>)`,
  'g',
)

function statementsOf(source: string): string {
  // Comments speak of tables too, and messages about what is not done.
  return source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|^import .*$|'[^'\n]* (?:are|is) not [^'\n]*'/gm, '')
}

test('every statement of the store names the schema of its tables', () => {
  const folder = 'src/store'
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    name => name.endsWith('.ts') && !name.endsWith('schema.ts'),
  )
  const found = files.flatMap(name =>
    [...statementsOf(readFileSync(join(folder, name), 'utf8')).matchAll(UNNAMED)].map(
      ([text]) => `${name}: ${text}`,
    ),
  )
  expect(found).toEqual([])
  expect('select from routers'.match(UNNAMED)).not.toBeNull()
})

test.each([
  ['select from tik.routers', 'select from "own".routers'],
  ['select "tik"."routers"."id" from "tik"."routers"', 'select "own"."routers"."id" from "own"."routers"'],
  [`select to_regclass('tik.' || $1)`, `select to_regclass('"own".' || $1)`],
  ['select from drizzle.__drizzle_migrations', 'select from "own".__drizzle_migrations'],
  ['select statik.a, tik from b', 'select statik.a, tik from b'],
])('%s', (statement, sent) => {
  expect(inSchema(statement, 'own')).toBe(sent)
  expect(inSchema(statement, undefined)).toBe(statement.replaceAll('"tik".', '').replaceAll(/\btik\./g, ''))
})
