import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Route } from '../../../src/api/http/routes.ts'
import { dashboardPages } from '../../../src/api/pages/dashboard-page.ts'
import { type Actions, commandLine } from '../../../src/commands/command-line.ts'
import { MESSAGE_TYPES, TOPICS } from '../../../src/feed/feed-messages.ts'
import { VERSION } from '../../../src/runtime/version.ts'
import { ServedScene } from '../../auth/served-scene.ts'
import { OTHER, OWN } from './names.ts'
import {
  ADMIN_PAGES,
  COMMANDS,
  FORMS,
  MESSAGES,
  OPEN_PAGES,
  PARAMETERS,
  SHOWN_BY_TOPIC,
  UPGRADES,
} from './tables.ts'

/** Nothing can be added to the daemon unless a test of this folder tries to reach another tenant's data with it. */

const TABLES = 'test/system/isolation/tables.ts'

let scene: ServedScene
let routes: readonly Route[]
beforeAll(async () => {
  scene = await new ServedScene([OWN, OTHER]).start()
  const page = { name: 'index.html', contentType: 'text/html', text: '' }
  routes = [...scene.serving.routes, ...dashboardPages([page])]
})
afterAll(() => scene.stop())

/** What is wrong with a route, as advice for its author. */
function lackOf(route: Route): readonly string[] {
  const { path, parameters } = route
  switch (route.kind) {
    case 'open':
      return Object.keys(OPEN_PAGES).some(it => path.startsWith(it))
        ? []
        : [`${path} needs no token: give the reason in OPEN_PAGES of ${TABLES}, or guard it`]
    case 'guarded':
      return parameters
        .filter(it => !Object.hasOwn(PARAMETERS, it))
        .map(it => `${path}?${it}= is never tried: add values to PARAMETERS of ${TABLES}`)
    case 'form':
      return Object.hasOwn(FORMS, path) ? [] : [`posts to ${path} are never tried: see FORMS of ${TABLES}`]
    default:
      return route satisfies never
  }
}

test('every page is tried for another’s data, with each of its parameters, or gives a reason why not', () => {
  expect(routes.flatMap(lackOf)).toEqual([])
  const paths = routes.map(({ path }) => path)
  for (const path of [...Object.keys(FORMS), ...Object.keys(ADMIN_PAGES)]) expect(paths).toContain(path)
  for (const begin of Object.keys(OPEN_PAGES))
    expect(paths.filter(it => it.startsWith(begin))).not.toEqual([])
})

test('a page that is never tried is found', () => {
  const answer = () => ({ status: 200, contentType: '', body: '', headers: {} })
  const added: readonly Route[] = [
    { kind: 'open', path: '/api/open', parameters: [], answer },
    { kind: 'guarded', path: '/api/added', parameters: ['tenant', 'colour'], answer },
    { kind: 'form', path: '/api/form', parameters: [], answer },
  ]
  expect(added.flatMap(lackOf).map(it => it.split(' ')[0])).toEqual([
    '/api/open',
    '/api/added?colour=',
    'posts',
  ])
})

test('every WebSocket is tried, with each of its topics and messages', () => {
  expect(scene.serving.upgradePaths.toSorted(), `see UPGRADES of ${TABLES}`).toEqual(
    Object.keys(UPGRADES).sort(),
  )
  expect(TOPICS.toSorted(), `see SHOWN_BY_TOPIC of ${TABLES}`).toEqual(Object.keys(SHOWN_BY_TOPIC).sort())
  expect(MESSAGE_TYPES.toSorted(), `see MESSAGES of ${TABLES}`).toEqual(Object.keys(MESSAGES).sort())
})

test('every command has a reason why it is safe', () => {
  const nothing = () => 0
  const actions: Actions = {
    ...{ run: nothing, check: nothing, probe: nothing, status: nothing, usage: nothing, migrate: nothing },
    ...{
      add: nothing,
      health: nothing,
      events: nothing,
      credit: nothing,
      psql: nothing,
      token: nothing,
      completion: nothing,
      complete: nothing,
    },
  }
  const commands = commandLine(VERSION, actions, () => {}).commands.map(it => it.name())
  expect(commands.sort(), `see COMMANDS of ${TABLES}`).toEqual(Object.keys(COMMANDS).sort())
})

test('open pages name no tenant, except for the metrics for the operator’s Prometheus', async () => {
  const url = (path: string) => `http://127.0.0.1:${scene.port}${path}`
  for (const { kind, path } of scene.serving.routes) {
    if (kind !== 'open' || path === '/metrics') continue
    expect(await (await fetch(url(path))).text(), path).not.toMatch(/acme|globex/)
  }
  const metrics = await (await fetch(url('/metrics'))).text()
  expect(readFileSync('config/openapi.yaml', 'utf8')).toContain('its labels name tenants and routers')
  expect(metrics).toContain('tenant="acme"')
  // The metrics name a tenant only by its id, and have no subscriber, no address and nobody's name.
  const labels = new Set(Array.from(metrics.matchAll(/[{,]([a-z_]+)="/g), ([, label]) => label))
  const known = [
    'tenant',
    'router',
    'service',
    'direction',
    'kind',
    'outcome',
    'reason',
    'le',
    'level',
    'limit',
    'version',
  ]
  expect(
    [...labels].filter(
      it => !known.includes(it ?? '') && !/^(?:major|minor|patch|space|gc|type)/.test(it ?? ''),
    ),
  ).toEqual([])
})
