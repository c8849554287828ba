import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { until } from './dashboard-page.ts'
import { ANSWERS, GREETING, NOW, SESSIONS } from './picture-data.ts'

/**
 * The picture of the dashboard in the README: the page that was built, with made-up data. Beside it is a file with what
 * it was made of: a digest of the files that decide its look, and the words of the page.
 */

export const RENEWAL = 'npm run build && npx tsx test/tools/browser/dashboard.ts --screenshots'
const PICTURE = 'docs/images/dashboard.png'
const MADE_OF = 'docs/images/dashboard.txt'
const LOOK = ['src/dashboard/index.html', 'src/dashboard/dashboard.css', 'src/dashboard/icon.svg']

const BUILT = 'dist/dashboard'
const ORIGIN = 'http://dashboard.example'
const PAGE = '/dashboard/'
const SIZE = { width: 1440, height: 662 }
const MOST_BYTES = 200_000
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
}

/** The headings and labels that are visible, in their order, without the month. */
const WORDS = `
  [...document.querySelectorAll('header button, main h2, main dt, main thead th, main summary')]
    .filter(it => it.checkVisibility())
    .map(it => (it.querySelector('.of') ? it.firstChild : it).textContent.trim())`

/** Takes the picture again. @throws Error if it is too large for a page that people load */
export async function renewPicture(browser: Browser): Promise<void> {
  const page = await openPicture(browser)
  await page.screenshot({ path: PICTURE })
  writeFileSync(MADE_OF, [digestOfLook(), ...(await wordsOf(page)), ''].join('\n'))
  await page.close()
  const { size } = statSync(PICTURE)
  console.log(`${PICTURE}: ${size} bytes`)
  if (size > MOST_BYTES) throw new Error(`the picture has more than ${MOST_BYTES} bytes`)
}

/** The words of the page that the picture shows, and those of the page as it is. */
export async function picturedWords(
  browser: Browser,
): Promise<{ pictured: readonly string[]; now: readonly string[] }> {
  const page = await openPicture(browser)
  const now = await wordsOf(page)
  await page.close()
  return { pictured: madeOf().words, now }
}

/** Whether the picture is there and was made of the present files. */
export function isPictureOfLook(): boolean {
  return existsSync(PICTURE) && madeOf().digest === digestOfLook()
}

function madeOf(): { readonly digest: string; readonly words: readonly string[] } {
  const [digest = '', ...words] = readFileSync(MADE_OF, 'utf8').trimEnd().split('\n')
  return { digest, words }
}

function digestOfLook(): string {
  const hash = createHash('sha256')
  for (const file of LOOK) hash.update(readFileSync(file))
  return `sha256 ${hash.digest('hex')}`
}

async function wordsOf(page: Page): Promise<readonly string[]> {
  const words = await page.evaluate(WORDS)
  return Array.isArray(words) ? words.map(String) : []
}

/** The page with all of its data, and no server. */
async function openPicture(browser: Browser): Promise<Page> {
  const page = await browser.newPage({ viewport: SIZE, colorScheme: 'light', locale: 'en-GB' })
  await page.clock.setFixedTime(NOW)
  await page.route('**/*', route => {
    const { pathname } = new URL(route.request().url())
    const data = ANSWERS.get(pathname)
    if (data !== undefined) return route.fulfill({ json: { success: true, data } })
    const file = join(BUILT, pathname === PAGE ? 'index.html' : pathname.replace(PAGE, ''))
    return existsSync(file)
      ? route.fulfill({
          body: readFileSync(file),
          contentType: TYPES[extname(file)] ?? 'application/octet-stream',
        })
      : route.fulfill({ status: 404, body: '' })
  })
  await page.routeWebSocket(/\/ws$/, socket => {
    socket.onMessage(text => {
      const message: { readonly type: string; readonly topics?: readonly string[] } = JSON.parse(String(text))
      if (message.type === 'auth') for (const it of GREETING) socket.send(JSON.stringify(it))
      if (message.topics?.includes('sessions')) socket.send(JSON.stringify(SESSIONS))
    })
  })
  await page.goto(`${ORIGIN}${PAGE}#token=${TOKEN}`)
  const has = (selector: string) => async () => (await page.locator(selector).count()) > 0
  for (const part of [
    '#sessions tr',
    '#top-users tr',
    '#alerts li',
    '#history-plot canvas',
    '#rate-plot canvas',
  ])
    await until(has(part))
  await until(async () => (await page.locator('#status').textContent()) === 'Live')
  return page
}

/** Only its end is read: the year 2096. */
const TOKEN = `e30.${Buffer.from('{"exp":4000000000}').toString('base64url')}.x`
