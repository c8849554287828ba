// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a reference to the environment is written like that

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse, parseDocument, stringify } from 'yaml'
import { addToText } from '../../../src/config/edit/add-to-text.ts'
import type { RouterEntry } from '../../../src/config/edit/router-entry.ts'
import { runs } from '../../harness/random-runs.ts'

const ENTRY: RouterEntry = {
  ...{ id: 'new', host: '10.1.0.9', port: undefined, fingerprint: 'ab'.repeat(32), username: 'usage' },
  password: '${ACME_NEW_PASSWORD}',
}
const LINES = `- id: new
  host: 10.1.0.9
  tls: { fingerprint: ${'ab'.repeat(32)} }
  username: usage
  password: \${ACME_NEW_PASSWORD}`
const FLOW = `{ id: new, host: 10.1.0.9, tls: { fingerprint: ${'ab'.repeat(32)} }, username: usage, password: "\${ACME_NEW_PASSWORD}" }`

function edited(text: string, tenant = 'acme', entry = ENTRY): string {
  const result = addToText(text, tenant, entry)
  return result.kind === 'edited' ? result.text : `refused: ${result.why}`
}

function lines(indent: number, text = LINES): string {
  return text
    .split('\n')
    .map(line => `${' '.repeat(indent)}${line}\n`)
    .join('')
}

/** The text with these lines at the mark, and without the mark. */
function expectAdded(marked: string, added: string): void {
  expect(edited(marked.replace('▼', ''))).toBe(marked.replace('▼', added))
}

describe('a router is added', () => {
  it('behind the last one of its tenant, whatever comments, anchors and blank lines there are', () => {
    expectAdded(
      `# top
auth: &auth
    secret:   "\${S}"   # two blanks too many
tenants:
- id:   coast
  routers: []
-   id: acme # ours
    routers:   # all of them

        # the first
        - &first
          id: hq   # head office
          host: 10.1.0.1
          password: 'it''s # no comment'   # but this is

        -   id: north
            host: 10.1.0.2 # last
▼            # about north

    # about the alerts
    alerts: [ { id: down, on: router_offline } ]
- id: other
  routers: [ *first ]
# the end`,
      lines(8),
    )
  })

  it('behind a text of several lines, which keeps its blank lines', () => {
    expectAdded(
      `tenants:\n  - id: acme\n    routers:\n      - password: |+\n          x\n\n▼  - id: b\n    routers: []\n`,
      lines(6),
    )
    expectAdded(
      `tenants:\n  - id: acme\n    routers:\n      - password: >-\n          x\n          y\n▼bucket: 1m\n`,
      lines(6),
    )
    expectAdded(`tenants:\n  - id: acme\n    routers:\n      - name: "x\n          y" # z\n▼`, lines(6))
  })

  it('in { } on one line if the one before it is', () => {
    expectAdded(
      `tenants:\n  - id: acme\n    routers:\n      - { id: hq, host: a } # x\n▼`,
      lines(6, `- ${FLOW}`),
    )
  })

  it('with the line ends of the file, and without one at the end if it has none', () => {
    const text = 'tenants:\r\n  - id: acme # x\r\n    routers:\r\n      - id: hq\r\n        host: a'
    expect(edited(text)).toBe(`${text}\r\n${lines(6).trimEnd().replaceAll('\n', '\r\n')}`)
    expect(edited(`\uFEFF${text}\r\n`)).toBe(`\uFEFF${text}\r\n${lines(6).replaceAll('\n', '\r\n')}`)
  })

  it('to a tenant that has none yet', () => {
    expectAdded('tenants:\n  - id: acme\n    name: Acme # x\n▼# y\n', `    routers:\n${lines(6)}`)
    expectAdded('tenants:\n  - id: acme\n    routers: # none yet\n▼    name: Acme\n', lines(6))
    expect(edited('tenants:\n  - id: acme\n    routers:  [ ] # none yet\n    name: Acme\n')).toBe(
      `tenants:\n  - id: acme\n    routers: # none yet\n${lines(6)}    name: Acme\n`,
    )
    expectAdded('tenants: [ { id: acme, routers: [▼] } ]\n', FLOW)
    expectAdded('tenants: [ { id: acme▼ } ]\n', `, routers: [${FLOW}]`)
  })

  it('within [ ] behind the last one, in a line of its own if they have lines', () => {
    expectAdded('tenants: [{ id: acme, routers: [{ id: hq }▼] }]', `, ${FLOW}`)
    const list = (comma: string) =>
      `tenants:\n  - id: acme\n    routers: [\n      { id: hq }${comma} # head office\n`
    expect(edited(`${list(',')}    ]\n`)).toBe(`${list(',')}      ${FLOW},\n    ]\n`)
    expect(edited(`${list('')}    ]\n`)).toBe(`${list(',')}      ${FLOW}\n    ]\n`)
  })

  it('with its tenant if the file does not have it', () => {
    const tenant = `- id: acme\n  routers:\n${lines(4)}`.trimEnd()
    expectAdded('tenants:\n  - id: coast\n    routers: []\n▼# end\n', lines(2, tenant))
    expectAdded('# nothing yet\n▼', `tenants:\n${lines(2, tenant)}`)
    expectAdded('▼', `tenants:\n${lines(2, tenant)}`)
    expectAdded('bucket: 1m\n▼', `tenants:\n${lines(2, tenant)}`)
    expect(edited('tenants: []\nbucket: 1m\n')).toBe(`tenants:\n${lines(2, tenant)}bucket: 1m\n`)
    expect(edited('', '007')).toContain('- id: "007"\n')
  })

  it('with its port, and a password from a file', () => {
    const entry = { ...ENTRY, port: 8730, fingerprint: undefined, password: { file: '/etc/pw: new' } }
    expect(edited('', 'acme', entry)).toBe(
      'tenants:\n  - id: acme\n    routers:\n      - id: new\n        host: 10.1.0.9\n        port: 8730\n        username: usage\n        password: { file: "/etc/pw: new" }\n',
    )
  })
})

describe('a router is refused', () => {
  it.each([
    [
      'the routers are an alias',
      'x: &r []\ntenants:\n  - id: acme\n    routers: *r\n',
      'alias of another block',
    ],
    [
      'another tenant has the same routers',
      'tenants:\n  - id: acme\n    routers: &r\n      - id: a\n  - id: b\n    routers: *r\n',
      'something else',
    ],
    ['the tenants are an alias', 'x: &t []\ntenants: *t\n', 'alias of another block'],
    ['the whole file is in { }', '{ bucket: 1m }', 'written in { }'],
    ['the file is a list', '- id: acme\n', 'no block of keys'],
    ['the file is not YAML', 'tenants: [\n', 'something else'],
    ['the routers are no list', 'tenants:\n  - id: acme\n    routers: { id: a }\n', 'no list'],
  ])('if %s', (_, text, why) => {
    expect(edited(text)).toMatch(new RegExp(`^refused: .*${why}`))
  })
})

describe('whatever a file looks like', () => {
  const word = fc.constantFrom('a', 'b c', '# no', '${X}', "it's", '1', '- x', 'a: b', '\n x\n\n', '"', '*x')
  const router = fc.record({ id: word, host: word }, { requiredKeys: [] })
  const tenant = fc.record(
    { id: fc.constantFrom('acme', 'b', 'c'), routers: fc.array(router, { maxLength: 3 }), name: word },
    { requiredKeys: ['id'] },
  )
  const config = fc.record(
    { bucket: word, tenants: fc.array(tenant, { maxLength: 3 }), after: word },
    { requiredKeys: [] },
  )

  it('only the new router is added, and all other lines stay', () => {
    const form = fc.record({
      collectionStyle: fc.constantFrom('any', 'block', 'flow'),
      indent: fc.constantFrom(2, 3, 4),
      indentSeq: fc.boolean(),
      lineWidth: fc.constantFrom(0, 20, 80),
    } as const)
    fc.assert(
      fc.property(config, form, fc.boolean(), (values, options, isCrLf) => {
        const text = stringify(values, options).replaceAll('\n', isCrLf ? '\r\n' : '\n')
        // The library writes some texts that it cannot read.
        fc.pre(parseDocument(text).errors.length === 0)
        const result = addToText(text, 'acme', ENTRY)
        if (result.kind === 'refused') {
          expect(result.why).toMatch(/written in \{ \}/)
          return
        }
        const routers = (source: string) =>
          JSON.stringify(parse(source)?.tenants ?? []).match(/"id"/g)?.length ?? 0
        expect(routers(result.text)).toBeGreaterThan(routers(text))
        if (options.collectionStyle !== 'block' || text.includes('[]')) return
        const now = result.text.split('\n')
        let at = 0
        for (const line of now) if (text.split('\n')[at] === line) at++
        expect(at).toBe(text.split('\n').length)
      }),
      { numRuns: runs(2_000) },
    )
  })
})
