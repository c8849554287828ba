import { mkdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Browser, chromium } from 'playwright-core'
import { utf8 } from '../../harness/fleet/name.ts'
import { steadyTraffic } from '../../harness/fleet/traffic.ts'
import { DemoScene, HOSTILE_NAME, POLL_MS, SNAPSHOT_MS } from '../demo/scene.ts'
import { Checks } from './checks.ts'
import { CHROMIUM } from './chromium.ts'
import { DashboardPage, until } from './dashboard-page.ts'
import { sendMany, updateTimes } from './many-sessions.ts'
import { picturedWords, RENEWAL, renewPicture } from './picture.ts'

/**
 * The demo's dashboard in a real Chromium, with the real daemon and its simulated routers. With a folder on the command
 * line it saves screenshots there. With `--screenshots` it only takes the README's picture again.
 */

const GUEST = '<img src=x onerror=globalThis.ran=1>'
/** At most one poll interval and one snapshot interval pass; the rest is for reading the router and the page. */
const INTERVAL_MS = POLL_MS + SNAPSHOT_MS
const WITHIN_MS = INTERVAL_MS + 1000
const MANY = 5000
/** A page that takes longer to show new numbers keeps people waiting. */
const SHOWN_WITHIN_MS = 500

const checks = new Checks()
/** After this time, all remaining checks fail. */
const late = AbortSignal.timeout(170_000)
const { values, positionals } = parseArgs({
  options: { screenshots: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const [folder] = positionals

async function main(): Promise<boolean> {
  if (values.screenshots) return takeScreenshots()
  if (folder !== undefined) mkdirSync(folder, { recursive: true })
  const scene = await DemoScene.start(1)
  const stopping = new AbortController()
  const churn = scene.fleet.churn(stopping.signal, 3)
  const browser = await chromium.launch(CHROMIUM)
  try {
    const page = await DashboardPage.open(browser, originOf(scene))
    await signIn(page, scene)
    await comeAndGo(page, scene)
    await useKeyboard(page)
    await stayInPlace(page)
    await check('axe-core finds nothing, signed in', [], () => page.faultsEverywhere('board', folder))
    await loseRouter(page, scene)
    await restart(page, scene)
    await leave(page)
    await check('no script ran, no other host was contacted, and no error was reported', [], () =>
      Promise.resolve(page.incidents),
    )
    await beAdmin(browser, scene)
    await expire(browser, scene)
    await showMany(browser, scene)
    await comparePicture(browser)
  } finally {
    stopping.abort()
    await churn
    await browser.close()
    await scene.daemon.end('SIGTERM')
    await scene.fleet.stop()
    await scene.removeData()
  }
  return checks.finish()
}

async function takeScreenshots(): Promise<boolean> {
  const browser = await chromium.launch(CHROMIUM)
  try {
    await renewPicture(browser)
    return true
  } finally {
    await browser.close()
  }
}

async function comparePicture(browser: Browser): Promise<void> {
  const { pictured, now } = await picturedWords(browser)
  await check(
    `the README's picture has the words of the page; to take it again: ${RENEWAL}`,
    pictured,
    async () => now,
  )
}

function check(name: string, wanted: unknown, outcome: () => Promise<unknown>): Promise<void> {
  return checks.check(name, wanted, late.aborted ? async () => 'no time left' : outcome)
}

function originOf(scene: DemoScene): string {
  return `http://127.0.0.1:${scene.daemon.port}`
}

function after(ms: number): Date {
  return new Date(Date.now() + ms)
}

async function signIn(page: DashboardPage, scene: DemoScene): Promise<void> {
  const { keyboard } = page.page
  await page.visit()
  await check('axe-core finds nothing, signed out', [], () => page.faultsEverywhere('sign-in', folder))
  const enter = async (token: string) => {
    if (!(await page.tabTo('token'))) return 'no way to the field by keyboard'
    await keyboard.insertText(token)
    await keyboard.press('Enter')
    await until(async () => (await page.text('sign-in-error')) !== '' || (await page.focused()) === 'main')
    await until(async () => (await page.text('sign-in-error')) !== '' || (await page.isShown('tenant-name')))
    return page.text('sign-in-error')
  }
  await page.page.keyboard.press('Tab')
  await check('the first stop by keyboard skips to the numbers', 'Skip to the numbers', () =>
    page.page.evaluate('document.activeElement.textContent'),
  )
  await check(
    'an invalid token is refused, and the page says so',
    'This token is not accepted: the token is not valid. Check it, or ask for a new one.',
    () => enter('a.b.c'),
  )
  await check(
    'the page says that a token has expired',
    'This token has expired. Paste a new one.',
    async () => enter(await scene.token('acme', after(-60_000))),
  )
  await check('a valid token shows the tenant, by keyboard alone', ['', 'acme', 'main'], async () => [
    await enter(await scene.token('acme', after(3_600_000))),
    await page.text('tenant-name'),
    await page.focused(),
  ])
  await check('the cards add up', true, async () => {
    const exact = (id: string) => page.page.locator(`#${id}`).getAttribute('data-exact')
    await until(async () => Number(await exact('total-used')) > 0)
    const [used, down, up] = await page.page.evaluate<string[]>(
      "['used', 'down', 'up'].map(it => document.getElementById('total-' + it).dataset.exact)",
    )
    return Number(used) === Number(down) + Number(up)
  })
}

async function comeAndGo(page: DashboardPage, scene: DemoScene): Promise<void> {
  const [router] = scene.fleet.routers
  const within = async (what: string, isSo: () => Promise<boolean>) => {
    const ms = Math.round(await until(isSo))
    console.log(`  ${what} after ${ms} ms; a poll and a snapshot are ${INTERVAL_MS} ms`)
    return ms <= WITHIN_MS
  }
  const session = router?.login({
    ...{ protocol: 'hotspot', name: utf8(GUEST), address: '10.200.0.2', macAddress: '02:CC:00:00:00:02' },
    traffic: steadyTraffic({ upload: 100_000, download: 1_000_000 }),
  })
  await check('a login shows within one interval', true, () =>
    within('shown', async () => (await page.downloaded(GUEST)) !== undefined),
  )
  for (const time of ['once', 'and again']) {
    const before = (await page.downloaded(GUEST)) ?? 0
    await check(`its bytes grow within one interval, ${time}`, true, () =>
      within('grown', async () => ((await page.downloaded(GUEST)) ?? 0) > before),
    )
  }
  await check(
    'names with markup are shown as text, and run nothing',
    [true, true, 0, undefined],
    async () => {
      const names = await page.names()
      return [
        names.includes(GUEST),
        names.includes(HOSTILE_NAME),
        await page.page.evaluate("document.querySelectorAll('main img').length"),
        await page.page.evaluate('globalThis.ran'),
      ]
    },
  )
  await check('the top users are there, from the tables', true, async () => {
    await until(async () => (await page.page.locator('#top-users tr').count()) > 0)
    return true
  })
  await check('an alert names its subject, as text too', true, async () => {
    await until(
      async () => (await page.page.locator('#alerts .name', { hasText: HOSTILE_NAME }).count()) === 1,
    )
    return true
  })
  if (router && session) router.logout(session)
  await check('a logout shows within one interval', true, () =>
    within('gone', async () => (await page.downloaded(GUEST)) === undefined),
  )
}

async function useKeyboard(page: DashboardPage): Promise<void> {
  const { keyboard } = page.page
  await check('a filter shows those who match, and their number', [[HOSTILE_NAME], 'filter'], async () => {
    await page.tabTo('filter')
    await keyboard.type('ONERROR')
    await until(async () => (await page.text('announcer'))?.startsWith('1 of ') === true)
    return [await page.names(), await page.focused()]
  })
  await keyboard.press('Control+A')
  await keyboard.press('Delete')
  const sortOf = () => page.page.locator('th:has(#sort-username)').getAttribute('aria-sort')
  await check(
    'a column’s button sorts by it, and then reverses the order',
    ['none', 'ascending', 'descending'],
    async () => {
      const orders = [await sortOf()]
      await page.tabTo('sort-username')
      for (const key of ['Enter', 'Space']) {
        await keyboard.press(key)
        orders.push(await sortOf())
      }
      return orders
    },
  )
  await check('the names are in order', true, async () => {
    return isByName([...(await page.names())].reverse())
  })
}

function isByName(names: readonly string[]): boolean {
  const words = new Intl.Collator('en', { numeric: true })
  return (
    names.length > 20 && names.every((name, at) => at === 0 || words.compare(names[at - 1] ?? '', name) <= 0)
  )
}

/** Runs through two snapshots, in which nearly every number and with them the order changes. */
async function stayInPlace(page: DashboardPage): Promise<void> {
  const nextNumbers = async () => {
    for (let times = 0; times < 2; times++) {
      const before = await page.text('as-of')
      await until(async () => (await page.text('as-of')) !== before)
    }
  }
  await check(
    'selection, focus and place stay while numbers change',
    [true, 'sort-download_bps', 400],
    async () => {
      await page.tabTo('sort-download_bps')
      await page.page.keyboard.press('Enter')
      await page.page.evaluate(`
      scrollTo(0, 400)
      const name = [...document.querySelectorAll('#sessions .name')].find(it => it.textContent.startsWith('<img'))
      getSelection().selectAllChildren(name)`)
      await nextNumbers()
      return [
        await page.page.evaluate(`getSelection().toString() === ${JSON.stringify(HOSTILE_NAME)}`),
        await page.focused(),
        await page.page.evaluate('scrollY'),
      ]
    },
  )
  await check('another order is shown, whatever is selected', true, async () => {
    await page.page.evaluate("document.getElementById('sort-username').click()")
    return isByName(await page.names())
  })
  await page.page.evaluate('getSelection().removeAllRanges(); scrollTo(0, 0)')
}

async function loseRouter(page: DashboardPage, scene: DemoScene): Promise<void> {
  const router = scene.fleet.routers[3]
  const row = page.page.locator('#routers tr', { hasText: router?.identity ?? '' })
  const isSaid = (word: string) => async () => (await row.locator('.state').textContent()) === word
  await router?.stop()
  await check('a router that is gone is shown as offline, first in the table', 0, async () => {
    await until(isSaid('Offline'))
    const names = await page.page.locator('#routers .name').allTextContents()
    return names.indexOf(router?.identity ?? '')
  })
  await check('it is in the alerts, and announced', [1, true], async () => {
    const open = page.page.locator('#alerts [data-state=open]')
    await until(async () => (await open.count()) > 0)
    return [
      await open.count(),
      (await page.text('announcer'))?.startsWith(`Alert: Router ${router?.identity} is offline`),
    ]
  })
  if (folder !== undefined) await page.page.screenshot({ path: `${folder}/offline.png` })
  await router?.start()
  await check('and online again', true, async () => {
    await until(isSaid('Online'), 29_000)
    return true
  })
  await check('the alert says that it is over', true, async () => {
    await until(async () => (await page.page.locator('#alerts [data-state=open]').count()) === 0, 29_000)
    return (await page.text('announcer'))?.includes('was offline until') === true
  })
}

async function restart(page: DashboardPage, scene: DemoScene): Promise<void> {
  const { port } = scene.daemon
  page.isOutage = true
  const ended = scene.daemon.end('SIGTERM')
  await check(
    'a daemon that is gone is reported, with the time of the numbers',
    [true, 'Not connected'],
    async () => {
      await until(() => page.isShown('banner'))
      const words = (await page.text('announcer')) ?? ''
      return [/connection is lost.* from \d\d:\d\d:\d\d in Africa/.test(words), await page.text('status')]
    },
  )
  if (folder !== undefined) await page.page.screenshot({ path: `${folder}/lost.png` })
  await ended
  await scene.startDaemon(port)
  await check(
    'it is live again by itself, and says so',
    [false, 'Connected again. The numbers are live.'],
    async () => {
      await until(async () => (await page.text('status')) === 'Live', 29_000)
      return [await page.isShown('banner'), await page.text('announcer')]
    },
  )
  page.isOutage = false
}

async function leave(page: DashboardPage): Promise<void> {
  await page.page.reload()
  await check('the tab is still signed in after a reload', 'acme', async () => {
    await until(async () => (await page.text('tenant-name')) === 'acme')
    return page.text('tenant-name')
  })
  await check('signing out, by keyboard, forgets the token', [false, 0, true], async () => {
    await page.tabTo('sign-out')
    await page.page.keyboard.press('Enter')
    await page.page.reload()
    await until(() => page.isShown('sign-in'))
    return [
      await page.isShown('board'),
      await page.page.evaluate('sessionStorage.length'),
      await page.isShown('token'),
    ]
  })
}

async function beAdmin(browser: Browser, scene: DemoScene): Promise<void> {
  const page = await DashboardPage.open(browser, originOf(scene))
  await page.visit(await scene.token(undefined, after(3_600_000)))
  await check('a token in the address signs in, and is taken out of it', '', async () => {
    await until(async () => (await page.text('tenant-name')) === 'acme')
    return page.page.evaluate('location.hash')
  })
  await check(
    'an admin opens one tenant and then another',
    ['hilltop', ['router-2', 'router-5']],
    async () => {
      await page.page.locator('#tenant').selectOption('hilltop')
      await until(async () => (await page.names()).length > 0)
      const routers = await page.page.locator('#sessions tr td:nth-child(7)').allTextContents()
      return [await page.text('tenant-name'), [...new Set(routers)].sort()]
    },
  )
  const link = (token: string) => page.page.evaluate(`location.hash = 'token=${token}'`)
  await link(await scene.token('acme', after(3_600_000)))
  await check(
    'a link’s token does not replace the current one without asking',
    [true, '', 'keep-token'],
    async () => {
      await until(() => page.isShown('other-token'))
      const hash = await page.page.evaluate('location.hash')
      return [await page.isShown('tenant-choice'), hash, await page.focused()]
    },
  )
  await check('axe-core finds nothing in that dialog', [], () =>
    page.faultsEverywhere('other-token', undefined),
  )
  await check('a user who declines keeps the current token', [false, true], async () => {
    await page.page.keyboard.press('Escape')
    await until(async () => !(await page.isShown('other-token')))
    return [await page.isShown('other-token'), await page.isShown('tenant-choice')]
  })
  await check('axe-core finds nothing, as an admin', [], () => page.faultsEverywhere('admin', undefined))
  await link(await scene.token('acme', after(3_600_000)))
  await check('a user who accepts is signed in with it', [false, false], async () => {
    await until(() => page.isShown('other-token'))
    await page.page.locator('#take-token').click()
    await until(async () => !(await page.isShown('tenant-choice')) && (await page.isShown('board')))
    return [await page.isShown('other-token'), await page.isShown('tenant-choice')]
  })
  await check('no incidents, as an admin', [], () => Promise.resolve(page.incidents))
  await page.page.close()
}

async function expire(browser: Browser, scene: DemoScene): Promise<void> {
  const page = await DashboardPage.open(browser, originOf(scene))
  await page.visit(await scene.token('acme', after(6000)))
  await check(
    'a token that expires meanwhile ends the page, which says so',
    [false, true, 'token'],
    async () => {
      await until(() => page.isShown('board'))
      await until(() => page.isShown('sign-in'))
      const why = (await page.text('sign-in-error')) ?? ''
      return [await page.isShown('board'), why.includes('has expired'), await page.focused()]
    },
  )
  await page.page.close()
}

async function showMany(browser: Browser, scene: DemoScene): Promise<void> {
  const page = await DashboardPage.open(browser, originOf(scene))
  await sendMany(page.page, MANY)
  await page.visit(await scene.token('acme', after(3_600_000)))
  await check(
    `${MANY} sessions are in pages of a hundred, and found by their names`,
    ['Page 2 of 50', 1],
    async () => {
      await until(async () => (await page.text('matching')) === '5,000 online')
      await page.page.locator('#page-after').click()
      const at = await page.text('page-number')
      await page.page.locator('#filter').fill('user-4999')
      return [at, (await page.names()).length]
    },
  )
  await page.page.locator('#sign-out').click()
  await check('showing their updates keeps nobody waiting', true, async () => {
    const times = await updateTimes(page.page, MANY)
    console.log(`  ${MANY} sessions are up to date after ${times.join(', ')} ms`)
    return times.length > 0 && Math.max(...times) < SHOWN_WITHIN_MS
  })
  await page.page.close()
}

process.exitCode = (await main()) ? 0 : 1
