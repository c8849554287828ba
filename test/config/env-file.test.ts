import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { EnvFile } from '../../src/config/env-file.ts'

let path: string

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'tikmeter-env-'))
  path = join(folder, '.env')
  onTestFinished(() => rmSync(folder, { recursive: true }))
})

describe('a file of variables', () => {
  it('adds its variables to the environment', () => {
    const env = { HOME: '/root' }
    writeFileSync(path, `A=1\nexport B="two words" # comment\n# C=3\n`)
    expect(new EnvFile(path, env).read()).toBe(undefined)
    expect(env).toEqual({ HOME: '/root', A: '1', B: 'two words' })
  })

  it('never changes or removes a variable of the real environment, even an empty one', () => {
    const env = { A: 'real', B: '' }
    const file = new EnvFile(path, env)
    for (const text of ['A=1\nB=2\n', 'A=3\n', '']) {
      writeFileSync(path, text)
      file.read()
      expect(env).toEqual({ A: 'real', B: '' })
    }
  })

  it('may be read again: lines come, change and go', () => {
    const env = {}
    const file = new EnvFile(path, env)
    for (const [text, wanted] of [
      ['A=1\nB=2\n', { A: '1', B: '2' }],
      ['A=3\nC=4\n', { A: '3', C: '4' }],
      ['', {}],
      ['A=5\n', { A: '5' }],
    ] as const) {
      writeFileSync(path, text)
      file.read()
      expect(env).toEqual(wanted)
    }
  })

  it('need not exist, and takes its variables along when it is removed', () => {
    const env = {}
    const file = new EnvFile(path, env)
    expect(file.read()).toBe(undefined)
    writeFileSync(path, 'A=1\n')
    file.read()
    rmSync(path)
    expect(file.read()).toBe(undefined)
    expect(env).toEqual({})
  })

  it('changes nothing while it cannot be read, and says why', () => {
    const env = {}
    const file = new EnvFile(path, env)
    writeFileSync(path, 'A=1\n')
    file.read()
    writeFileSync(path, Buffer.from('\ufeffA=2\r\n', 'utf16le'))
    expect(file.read()).toBe(`.env is UTF-16, save it as UTF-8: ${path}`)
    rmSync(path)
    mkdirSync(path)
    expect(file.read()).toBe(undefined)
    expect(new EnvFile(path, env).read()).toBe(`.env cannot be read: it is a directory: ${path}`)
    expect(env).toEqual({ A: '1' })
  })

  it('may be a pipe, as password managers make it, which is read once', async () => {
    const made = spawn('mkfifo', [path])
    await once(made, 'exit')
    const writer = spawn('sh', ['-c', 'echo A=1 > "$0"', path], { stdio: 'ignore' })
    const env = {}
    const file = new EnvFile(path, env)
    file.read()
    file.read()
    expect(env).toEqual({ A: '1' })
    await once(writer, 'exit')
  })
})
