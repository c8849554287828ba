import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'

export const SCHEMES = ['light', 'dark'] as const
export const SIZES = [
  { width: 1280, height: 900 },
  { width: 375, height: 812 },
] as const

const AXE = readFileSync('node_modules/axe-core/axe.min.js', 'utf8')
const LOOK_EVERY_MS = 25
/** Messages of a browser about a server that is gone, which are not faults of the page. */
const OUTAGE = /net::ERR_|WebSocket connection to/
/** Reports what the page's content security policy blocked. */
const REPORT_VIOLATIONS = `
  document.addEventListener('securitypolicyviolation', it => reportViolation(it.violatedDirective + ' ' + it.blockedURI))`

/** The dashboard in a browser, and everything that happens there and should not. */
export class DashboardPage {
  readonly page: Page
  readonly #origin: string
  readonly #incidents: string[] = []
  /** True while the daemon is down on purpose. */
  isOutage = false

  private constructor(page: Page, origin: string) {
    this.page = page
    this.#origin = origin
    page.on('pageerror', error => this.#incidents.push(`error: ${error.message}`))
    page.on('dialog', dialog => {
      this.#incidents.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    page.on('console', message => {
      const text = message.text()
      if (message.type() !== 'error' || (this.isOutage && OUTAGE.test(text))) return
      this.#incidents.push(`console: ${text} ${message.location().url}`)
    })
    page.on('request', request => {
      if (new URL(request.url()).origin !== origin) this.#incidents.push(`request: ${request.url()}`)
    })
    page.on('websocket', socket => {
      if (new URL(socket.url()).host !== new URL(origin).host) this.#incidents.push(`feed: ${socket.url()}`)
    })
  }

  static async open(browser: Browser, origin: string): Promise<DashboardPage> {
    const page = await browser.newPage({ viewport: SIZES[0], colorScheme: 'light' })
    const dashboard = new DashboardPage(page, origin)
    await page.exposeFunction('reportViolation', (what: string) =>
      dashboard.#incidents.push(`policy: ${what}`),
    )
    await page.addInitScript(REPORT_VIOLATIONS)
    return dashboard
  }

  /** @param token put in the fragment, to sign in at once */
  async visit(token?: string): Promise<void> {
    // A change of the fragment alone would not reload the page.
    await this.page.goto('about:blank')
    await this.page.goto(`${this.#origin}/dashboard${token === undefined ? '' : `#token=${token}`}`)
  }

  /** Everything that happened and should not have. */
  get incidents(): readonly string[] {
    return this.#incidents
  }

  text(id: string): Promise<string | null> {
    return this.page.locator(`#${id}`).textContent()
  }

  async isShown(id: string): Promise<boolean> {
    return this.page.locator(`#${id}`).isVisible()
  }

  focused(): Promise<unknown> {
    return this.page.evaluate('document.activeElement.id')
  }

  /** Goes there by keyboard. @returns whether it was reached */
  async tabTo(id: string, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<boolean> {
    for (let presses = 0; presses < 60; presses++) {
      if ((await this.focused()) === id) return true
      await this.page.keyboard.press(key)
    }
    return false
  }

  /** Names in the table of sessions, in order. */
  async names(): Promise<readonly string[]> {
    return this.page.locator('#sessions .name').allTextContents()
  }

  /** Exact download bytes of the session with this name; `undefined` if there is none. */
  async downloaded(name: string): Promise<number | undefined> {
    const found = await this.page.evaluate(`
      [...document.querySelectorAll('#sessions tr')]
        .find(row => row.cells[0].textContent === ${JSON.stringify(name)})?.cells[1].dataset.exact`)
    return found === undefined ? undefined : Number(found)
  }

  /** Faults found by axe-core, with their elements. */
  async faults(): Promise<readonly string[]> {
    await this.page.evaluate(AXE)
    const found = await this.page.evaluate(`
      axe.run().then(({ violations }) => violations.map(it => it.id + ': ' + it.nodes.map(node => node.target).join(' ')))`)
    return Array.isArray(found) ? found.map(String) : ['axe-core returned nothing']
  }

  /** The ids of the titles of tables whose columns do not fit. */
  async #cutTables(): Promise<readonly string[]> {
    const found = await this.page.evaluate(`
      [...document.querySelectorAll('.scroll')]
        .filter(it => it.scrollWidth > it.clientWidth).map(it => it.dataset.title)`)
    return Array.isArray(found) ? found.map(String) : ['no table']
  }

  /** Faults of the current page in each scheme and at each width; saves screenshots if there is a folder for them. */
  async faultsEverywhere(name: string, folder: string | undefined): Promise<readonly string[]> {
    const faults: string[] = []
    for (const colorScheme of SCHEMES)
      for (const size of SIZES) {
        await this.page.emulateMedia({ colorScheme })
        await this.page.setViewportSize(size)
        const where = `${name}-${colorScheme}-${size.width}`
        for (const fault of await this.faults()) faults.push(`${where}: ${fault}`)
        const isWide = await this.page.evaluate('document.documentElement.scrollWidth > innerWidth')
        if (isWide === true) faults.push(`${where}: wider than the screen`)
        if (size === SIZES[0])
          for (const title of await this.#cutTables()) faults.push(`${where}: ${title} is cut`)
        if (folder !== undefined)
          await this.page.screenshot({ path: `${folder}/${where}.png`, fullPage: true })
      }
    await this.page.emulateMedia({ colorScheme: 'light' })
    await this.page.setViewportSize(SIZES[0])
    return faults
  }
}

/**
 * Waits until a condition holds.
 * @returns the time it took, in milliseconds
 * @throws Error if it does not hold in time
 */
export async function until(isSo: () => Promise<boolean>, withinMs = 20_000): Promise<number> {
  const beganMs = performance.now()
  while (performance.now() - beganMs < withinMs) {
    if (await isSo()) return performance.now() - beganMs
    await sleep(LOOK_EVERY_MS)
  }
  throw new Error(`not so within ${withinMs} ms: ${isSo}`)
}
