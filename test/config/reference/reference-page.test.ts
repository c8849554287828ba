import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { jsonSchemas } from '../../../src/config/reference/json-schema.ts'
import { referencePage } from '../../../src/config/reference/reference-page.ts'

const FILE = 'docs/configuration.md'
/** Everything before this line is written by hand. */
const MARK = /^<!-- What follows is made from the code\. .*-->$/m

// To write it again: npm test -- test/config/reference -u
test('the tables of the configuration page are those of the code', async () => {
  const text = readFileSync(FILE, 'utf8')
  const [mark = ''] = MARK.exec(text) ?? []
  expect(mark).not.toBe('')
  const page = `${text.slice(0, text.indexOf(mark))}${mark}\n\n${referencePage(jsonSchemas().config)}\n`
  await expect(page).toMatchFileSnapshot(`../../../${FILE}`)
})

const TABLES = referencePage({
  properties: {
    bucket: { enum: ['1m', '5m'], default: '5m', description: 'The width.' },
    tenants: {
      description: 'All of them.',
      items: {
        required: ['id'],
        properties: {
          id: { type: 'string', description: 'Its id.' },
          alerts: {
            description: 'Its alerts.',
            items: {
              oneOf: [
                {
                  required: ['scope'],
                  properties: { on: { const: 'usage', default: 'usage' }, scope: { enum: ['user'] } },
                },
                {
                  required: ['on'],
                  properties: { on: { const: 'down' }, after: { pattern: '(ms|s|m|h|d)' } },
                },
              ],
            },
          },
        },
      },
    },
  },
})

test.each([
  ['a key at the top, with its values and its default', '| `bucket` | `1m`, `5m` | `5m` | The width. |'],
  ['a block has a table of its own', '### tenants\n\nAll of them.\n'],
  ['a key that is required', '| `id` | text | required | Its id. |'],
  ['a list in a tenant has one, too', '### tenants: alerts\n\nIts alerts.\n'],
  ['the key that tells variants apart has the values of all', '| `on` | `usage`, `down` | `usage` |'],
  ['a key of one variant names it', '| `after` | duration |  |  Only with `on: down`. |'],
])('%s', (_, line) => {
  expect(TABLES).toContain(line)
})
