import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const RULES = 'docs/accounting.md'
const text = readFileSync(RULES, 'utf8')

interface Rule {
  readonly number: number
  readonly text: string
}

const rules: readonly Rule[] = text
  .split(/^### (?=Rule )/m)
  .slice(1)
  .map(section => ({ number: Number(/^Rule (\d+):/.exec(section)?.[1]), text: section }))

const sources = ['src', 'test']
  .flatMap(folder =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(path => join(folder, path)),
  )
  .filter(path => path.endsWith('.ts') && path !== join('test', 'documents.test.ts'))
  .map(path => ({ path, text: readFileSync(path, 'utf8') }))

/** Rule numbers that a text cites: `rule 7`, `Rules 6, 7 and 11`, `rules 6 to 12`. */
function citedIn(cited: string): readonly number[] {
  const citations = cited.matchAll(/\brules? (\d+(?:(?:, | and | to )\d+)*)/gi)
  return Array.from(citations).flatMap(([, numbers = '']) =>
    Array.from(numbers.matchAll(/\d+/g), ([number]) => Number(number)),
  )
}

describe('the accounting rules', () => {
  it('are numbered from 1, without a gap', () => {
    expect(rules.map(rule => rule.number)).toEqual(rules.map((_, index) => index + 1))
    expect(rules.length).toBeGreaterThan(17)
  })

  it.each(rules)('rule $number names files that exist', rule => {
    const line = /^- Code: (.+)$/m.exec(rule.text)?.[1] ?? ''
    const files = Array.from(line.matchAll(/`([^`]+)`/g), ([, file = '']) => file)
    expect(files).not.toEqual([])
    expect(files.filter(file => !existsSync(file))).toEqual([])
  })

  it.each(rules)('rule $number names a test that exists', rule => {
    const [, file = '', title = ''] = /^- Test: `([^`]+)` "(.+)"$/m.exec(rule.text) ?? []
    expect(file).not.toBe('')
    const tests = readFileSync(file, 'utf8')
    expect(["'", '"', '`'].some(quote => tests.includes(quote + title + quote))).toBe(true)
  })

  it('that code and tests cite exist', () => {
    const unknown = sources.flatMap(({ path, text: source }) =>
      citedIn(source)
        .filter(number => !rules.some(rule => rule.number === number))
        .map(number => `${path} cites rule ${number}`),
    )
    expect(unknown).toEqual([])
  })

  it('are cited with the document that has them', () => {
    const without = sources.filter(it => citedIn(it.text).length > 0 && !it.text.includes(RULES))
    expect(without.map(it => it.path)).toEqual([])
  })
})

describe('a document', () => {
  it('ARCHITECTURE.md names files that exist, by the end of their path', () => {
    const named = readFileSync('ARCHITECTURE.md', 'utf8').matchAll(/(?<![\w./-])[\w/-]+\.ts\b/g)
    const isKnown = (name: string) => sources.some(({ path }) => path === name || path.endsWith(`/${name}`))
    expect(Array.from(named, ([name]) => name).filter(name => !isKnown(name))).toEqual([])
  })
})
