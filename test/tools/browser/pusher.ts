import { readFileSync } from 'node:fs'
import { chromium, type Page } from 'playwright-core'
import { channelOf } from '../../../src/feed/pusher/app.ts'
import { KEY, pusherServing, tokenOf } from '../../auth/pusher-serving.ts'
import { acme, globex } from '../../feed/feed-fixture.ts'
import { Checks } from './checks.ts'
import { CHROMIUM } from './chromium.ts'
import { Pages } from './pages.ts'

/** Unmodified pusher-js and laravel-echo in a real Chromium, on a page of another origin, against the real server. */

const SCRIPTS = new Map(
  Object.entries({
    'pusher.js': 'node_modules/pusher-js/dist/web/pusher.min.js',
    'echo.js': 'node_modules/laravel-echo/dist/echo.iife.js',
    'page.js': 'test/tools/browser/pusher-page.js',
  }).map(([name, path]) => [name, readFileSync(path, 'utf8')]),
)

/** Calls a function of the page's own script. */
async function call(page: Page, name: string, ...values: readonly unknown[]): Promise<unknown> {
  return page.evaluate(`page.${name}(${values.map(value => JSON.stringify(value)).join(', ')})`)
}

/** The constant part of an answer. */
function gist(answer: unknown): unknown {
  const text = JSON.stringify(answer)
  if (text.includes('"active_sessions":1') && text.includes('"last_updated":"')) return 'stats'
  return /"status":\d+|"code":\d+/.exec(text)?.[0] ?? text
}

async function main(): Promise<boolean> {
  const checks = new Checks()
  const pages = new Pages(SCRIPTS)
  await pages.start()
  const origins = [`http://127.0.0.1:${pages.port}`]
  let serving = pusherServing({ port: 0, origins })
  await serving.start()
  const port = serving.port ?? 0
  const browser = await chromium.launch(CHROMIUM)
  try {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${pages.port}/`)
    const ours = { port, key: KEY, token: await tokenOf('acme') }
    const [own, other] = [channelOf(acme), channelOf(globex)]
    const ask = async (name: string, ...values: readonly unknown[]) => gist(await call(page, name, ...values))

    await call(page, 'connect', ours)
    await checks.check('pusher-js gets stats.updated', 'stats', () => ask('next', own, 'stats.updated'))
    await checks.check('pusher-js gets DashboardStatsUpdated', 'stats', () =>
      ask('next', own, 'DashboardStatsUpdated'),
    )
    await checks.check('pusher-js is refused another tenant’s channel', '"status":403', () =>
      ask('next', other, 'pusher:subscription_error'),
    )
    await checks.check('pusher-js is refused with an unknown key', '"code":4001', () =>
      ask('refusal', { ...ours, key: 'other' }),
    )
    for (const event of ['.stats.updated', '.DashboardStatsUpdated'])
      await checks.check(`laravel-echo gets ${event}`, 'stats', () => ask('echo', ours, acme, event))
    await checks.check('laravel-echo is refused another tenant’s channel', '"status":403', () =>
      ask('echo', ours, globex, '.stats.updated'),
    )

    await checks.check('stats before a restart', 'stats', () => ask('watchRestarts', own))
    await serving.stop()
    serving = pusherServing({ port, origins })
    await serving.start()
    await checks.check('stats after a restart, on a new connection', 'stats', () => ask('afterRestart', own))

    const stranger = await browser.newPage()
    await stranger.goto(`http://localhost:${pages.port}/`)
    await checks.check('a page that is not on the list is refused', '"code":4009', async () =>
      gist(await call(stranger, 'refusal', ours)),
    )
  } finally {
    await browser.close()
    await serving.stop()
    await pages.stop()
  }
  return checks.finish()
}

process.exitCode = (await main()) ? 0 : 1
