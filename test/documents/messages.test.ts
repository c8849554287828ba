import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readDocument, spansIn } from './documents.ts'

/** Words of routers, which are not in our code. */
const OF_ROUTERS = new Set(['invalid user name or password (6)'])

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.ts'))
  .map(path => readFileSync(join('src', path), 'utf8'))
  .join('\n')

const messages = Array.from(
  readDocument('docs/troubleshooting.md').prose.matchAll(/^\| ([^|]*`[^|]*) \|/gm),
  ([, cell = '']) => spansIn(cell),
).flat()

test('docs/troubleshooting.md has messages', () => {
  expect(messages.length).toBeGreaterThan(30)
})

test.each(messages.filter(it => !OF_ROUTERS.has(it)))('%s is a message of the program', message => {
  expect(sources.includes(message)).toBe(true)
})
