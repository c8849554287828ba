import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { offerToOpen, openerIn } from './opening.ts'

const URL_TO_OPEN = 'http://127.0.0.1:8090/dashboard/#token=a.b.c'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tikmeter-opening-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const name of ['open', 'xdg-open']) {
    writeFileSync(join(folder, name), '#!/bin/sh\necho "$1" >> "$0.opened"\n')
    chmodSync(join(folder, name), 0o755)
  }
})

function terminal(isTTY: boolean) {
  return { stdin: Object.assign(new PassThrough(), { isTTY }), stdout: { isTTY } }
}

describe('the program that opens a page', () => {
  test('is found in the path, if there is a screen', async () => {
    const PATH = `/nowhere:${folder}`
    expect(await openerIn({ PATH, DISPLAY: ':0' }, 'linux')).toBe(join(folder, 'xdg-open'))
    expect(await openerIn({ PATH, WAYLAND_DISPLAY: 'wayland-0' }, 'linux')).toBe(join(folder, 'xdg-open'))
    expect(await openerIn({ PATH }, 'darwin')).toBe(join(folder, 'open'))
    expect(await openerIn({ PATH }, 'linux')).toBe(undefined)
    expect(await openerIn({ PATH: '/nowhere', DISPLAY: ':0' }, 'linux')).toBe(undefined)
  })
})

describe('the offer to open the dashboard', () => {
  test('opens it at Enter, until the demo ends', async () => {
    const ending = new AbortController()
    const { stdin, stdout } = terminal(true)
    const env = { PATH: folder, DISPLAY: ':0' }
    const program = join(folder, process.platform === 'darwin' ? 'open' : 'xdg-open')
    const opened = () => readFileSync(`${program}.opened`, 'utf8')
    expect(await offerToOpen(URL_TO_OPEN, { stdin, stdout }, env, ending.signal)).toBe(true)
    stdin.write('\n')
    await expect.poll(opened).toBe(`${URL_TO_OPEN}\n`)
    ending.abort()
    expect(stdin.listenerCount('data')).toBe(0)
    expect(stdin.isPaused()).toBe(true)
  })

  test('is not made without a terminal', async () => {
    const { signal } = new AbortController()
    const { stdin, stdout } = terminal(false)
    expect(await offerToOpen(URL_TO_OPEN, { stdin, stdout }, { PATH: folder, DISPLAY: ':0' }, signal)).toBe(
      false,
    )
    expect(stdin.listenerCount('data')).toBe(0)
  })
})
