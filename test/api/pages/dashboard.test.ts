import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DashboardMissing, readDashboard } from '../../../src/api/pages/dashboard-files.ts'
import { dashboardPages } from '../../../src/api/pages/dashboard-page.ts'
import { pusherServing } from '../../auth/pusher-serving.ts'
import { TestApi } from '../http/api-fixture.ts'

let parent: string
let folder: string
let api: TestApi

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'tikmeter-dashboard-'))
  folder = join(parent, 'dashboard')
  await mkdir(join(folder, 'client'), { recursive: true })
  await writeFile(join(parent, 'secret.js'), 'secret')
  for (const [name, text] of [
    ['index.html', '<!doctype html>é'],
    ['page.css', 'b {}'],
    ['icon.svg', '<svg/>'],
    ['main.js', 'main'],
    ['client/feed.js', 'feed'],
    ['notes.txt', 'notes'],
  ] as const)
    await writeFile(join(folder, name), text)
  await symlink(join(parent, 'secret.js'), join(folder, 'linked.js'))
  api = await new TestApi({ routes: dashboardPages(readDashboard(folder)) }).start()
})

afterEach(async () => {
  await api.stop()
  await rm(parent, { recursive: true })
})

test.each([
  ['/dashboard/', 'text/html; charset=utf-8', '<!doctype html>é'],
  ['/dashboard/index.html', 'text/html; charset=utf-8', '<!doctype html>é'],
  ['/dashboard/page.css', 'text/css; charset=utf-8', 'b {}'],
  ['/dashboard/icon.svg', 'image/svg+xml; charset=utf-8', '<svg/>'],
  ['/dashboard/main.js', 'text/javascript; charset=utf-8', 'main'],
  ['/dashboard/client/feed.js', 'text/javascript; charset=utf-8', 'feed'],
])('%s is served to everyone as what it is', async (path, type, text) => {
  const answer = await api.ask(path, '')
  expect([answer.status, answer.headers['content-type'], answer.text]).toEqual([200, type, text])
  expect(answer.headers['x-content-type-options']).toBe('nosniff')
})

test('the page may only run its own files and connect to its own host', async () => {
  const { headers } = await api.ask('/dashboard/', '')
  const policy = new Map(
    String(headers['content-security-policy'])
      .split('; ')
      .map(it => {
        const [name = '', ...sources] = it.split(' ')
        return [name, sources.join(' ')]
      }),
  )
  expect(Object.fromEntries(policy)).toEqual({
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': "'self'",
    'connect-src': "'self'",
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
    'require-trusted-types-for': "'script'",
    'trusted-types': "'none'",
  })
  expect(headers['referrer-policy']).toBe('no-referrer')
})

test('a browser asks each time, and gets 304 if it has the file', async () => {
  const { headers } = await api.ask('/dashboard/main.js', '')
  expect(headers['cache-control']).toBe('no-cache')
  const known = { 'If-None-Match': headers.etag ?? '' }
  const again = await api.ask('/dashboard/main.js', '', { headers: known })
  expect([again.status, again.text]).toEqual([304, ''])
  expect((await api.ask('/dashboard/page.css', '', { headers: known })).status).toBe(200)
})

test('the path without its slash leads to the page, under any path of a proxy', async () => {
  const { status, headers } = await api.ask('/dashboard', '')
  expect([status, headers.location]).toEqual([308, 'dashboard/'])
})

test.each([
  ...['/dashboard/nothing.js', '/dashboard/notes.txt', '/dashboard/client', '/dashboard/client/'],
  ...['/dashboard/linked.js', '/dashboard/index.html/', '/dashboard//index.html', '/Dashboard/'],
  ...['/dashboard/../secret.js', '/dashboard/..%2fsecret.js', '/dashboard/%2e%2e/secret.js'],
  ...['/dashboard/..\\secret.js', '/dashboard/client/../main.js', '/dashboard/main.js%00', '/secret.js'],
])('%s is not there', async path => {
  const { status, text } = await api.ask(path, '')
  expect(status).toBe(404)
  expect(text).not.toContain('secret')
})

test('only GET and HEAD are answered', async () => {
  expect((await api.ask('/dashboard/', '', { method: 'POST' })).status).toBe(405)
  expect(await api.ask('/dashboard/main.js', '', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' })
})

test('changes of files after the start change no answer', async () => {
  await writeFile(join(folder, 'main.js'), 'other')
  await writeFile(join(folder, 'late.js'), 'late')
  await rm(join(folder, 'page.css'))
  expect((await api.ask('/dashboard/main.js', '')).text).toBe('main')
  expect((await api.ask('/dashboard/late.js', '')).status).toBe(404)
  expect((await api.ask('/dashboard/page.css', '')).status).toBe(200)
})

test('without a built dashboard, the error says what to do', async () => {
  await rm(join(folder, 'index.html'))
  for (const missing of [folder, join(parent, 'nowhere')]) {
    expect(() => readDashboard(missing)).toThrow(DashboardMissing)
    expect(() => readDashboard(missing)).toThrow(`no dashboard in ${missing}: run "npm run build"`)
  }
})

test('the dashboard is off by default', async () => {
  const serving = pusherServing({ port: 0, origins: [] })
  await serving.start()
  try {
    for (const path of ['/dashboard', '/dashboard/', '/dashboard/main.js'])
      expect((await fetch(`http://127.0.0.1:${serving.port}${path}`)).status).toBe(404)
  } finally {
    await serving.stop()
  }
})
