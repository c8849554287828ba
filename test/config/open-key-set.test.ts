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
  it('that requires no issuer and no audience is reported', () => {
    expect(warnedOf(`  ${URL}`)).toEqual(['2 auth.jwks_url'])
    expect(
      warnedOf(`  keys:\n    - { ${URL}, issuer: a }\n    - { ${URL}, max_age: 1h }\n    - { ${URL} }`),
    ).toEqual(['4 auth.keys[1].jwks_url', '5 auth.keys[2].jwks_url'])
  })

  it('that requires one of them is not reported, nor is a secret or public key', () => {
    for (const auth of [`${URL}, issuer: a`, `${URL}, audience: a`, 'secret: "x"', 'public_key: "x"'])
      expect(warnedOf(`  keys: [{ ${auth} }]`)).toEqual([])
  })

  it('is not reported if the file cannot be read', () => {
    expect(openKeySets(join(directory, 'missing.yaml'))).toEqual([])
  })
})
