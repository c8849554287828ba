import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openKeySets } from '../../src/config/open-key-set.ts'

let directory: string
let file: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tikmeter-keys-'))
  file = join(directory, 'config.yaml')
})

afterAll(() => rmSync(directory, { recursive: true }))

function warnedOf(auth: string): readonly string[] {
  writeFileSync(file, `auth:\n${auth}\ntenants: []\n`)
  return openKeySets(file).map(({ line, path }) => `${line} ${path}`)
}

const URL = 'jwks_url: "https://a.example/k"'

describe('a key set', () => {
  it('that asks for no issuer and no audience is warned of', () => {
    expect(warnedOf(`  ${URL}`)).toEqual(['2 auth.jwks_url'])
    expect(
      warnedOf(`  keys:\n    - { ${URL}, issuer: a }\n    - { ${URL}, max_age: 1h }\n    - { ${URL} }`),
    ).toEqual(['4 auth.keys[1].jwks_url', '5 auth.keys[2].jwks_url'])
  })

  it('that asks for one of them is not, nor is a key of our own', () => {
    for (const auth of [`${URL}, issuer: a`, `${URL}, audience: a`, 'secret: "x"', 'public_key: "x"'])
      expect(warnedOf(`  keys: [{ ${auth} }]`)).toEqual([])
  })

  it('is not looked for where the file can not be read', () => {
    expect(openKeySets(join(directory, 'missing.yaml'))).toEqual([])
  })
})
