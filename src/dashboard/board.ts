import { connectFeed, type Feed, type SnapshotMessage, type WelcomeMessage } from '../client/feed.ts'
import { announce } from './announcer.ts'
import type { DaemonApi } from './daemon-api.ts'
import { LocalTime } from './instant.ts'
import { byId, made, setText } from './page.ts'
import { bannerOf, labelOf, type PageStatus, pageStatusOf, refusalOf } from './page-status.ts'
import { RateWindow } from './rate-window.ts'
import { TenantPanel } from './tenant-panel.ts'

export interface BoardOptions {
  readonly daemon: DaemonApi
  readonly token: string
  /** Called if the token is refused, now or later. */
  readonly onRefused: (why: string) => void
}

/** The live numbers of a tenant, shown or not: an admin may switch tenants at any time. */
interface Known {
  readonly window: RateWindow
  latest: SnapshotMessage | undefined
}

/** The page after signing in: one connection, and the view of one tenant at a time. */
export class Board {
  readonly #options: BoardOptions
  readonly #feed: Feed
  readonly #leaving = new AbortController()
  readonly #known = new Map<string, Known>()
  #welcome: WelcomeMessage | undefined
  #tenant: string | undefined
  #panel: TenantPanel | undefined
  #status: PageStatus = { kind: 'connecting' }

  constructor(options: BoardOptions) {
    this.#options = options
    const token = async () => options.token
    this.#feed = connectFeed({ url: options.daemon.feedUrl, token })
  }

  start(): void {
    const feed = this.#feed
    const { signal } = this.#leaving
    byId('board', HTMLElement).hidden = false
    byId('account', HTMLElement).hidden = false
    feed.on('welcome', welcome => this.#welcomed(welcome))
    feed.on('snapshot', snapshot => this.#showSnapshot(snapshot))
    feed.on('sessions', sessions => {
      if (sessions.tenant === this.#tenant) this.#panel?.showSessions(sessions)
    })
    feed.on('alert', ({ tenant, alert }) => {
      if (tenant === this.#tenant) this.#panel?.showAlert(alert)
    })
    feed.on('state', state => {
      const refusal = refusalOf(state)
      if (refusal === undefined) this.#updateStatus()
      else this.#options.onRefused(refusal)
    })
    feed.on('stale', () => this.#updateStatus())
    feed.on('fresh', () => this.#updateStatus())
    const select = byId('tenant', HTMLSelectElement)
    select.addEventListener('change', () => this.#open(select.value), { signal })
    this.#updateStatus()
  }

  stop(): void {
    this.#leaving.abort()
    this.#panel?.stop()
    this.#feed.close()
    byId('board', HTMLElement).replaceChildren()
    for (const id of ['board', 'account', 'banner', 'tenant-choice']) byId(id, HTMLElement).hidden = true
    setText(byId('as-of', HTMLElement), '')
    document.title = 'Usage'
  }

  #welcomed(welcome: WelcomeMessage): void {
    this.#welcome = welcome
    const { tenants, role, server_version } = welcome
    setText(byId('version', HTMLElement), `tikmeter ${server_version}`)
    byId('tenant-choice', HTMLElement).hidden = role !== 'admin'
    const select = byId('tenant', HTMLSelectElement)
    select.replaceChildren(
      ...tenants.map(tenant => {
        const option = made('option', '', tenant)
        option.value = tenant
        return option
      }),
    )
    const tenant = tenants.find(id => id === this.#tenant) ?? tenants[0]
    if (tenant === undefined) byId('board', HTMLElement).replaceChildren(made('h1', '', 'No tenants yet'))
    else if (tenant !== this.#tenant) this.#open(tenant)
    if (tenant !== undefined) select.value = tenant
  }

  #open(tenant: string): void {
    this.#panel?.stop()
    this.#tenant = tenant
    const copy = byId('board-page', HTMLTemplateElement).content.cloneNode(true)
    byId('board', HTMLElement).replaceChildren(copy)
    setText(byId('tenant-name', HTMLElement), tenant)
    announce(`Usage of ${tenant}`)
    document.title = `${tenant} · Usage`
    this.#panel = new TenantPanel({
      daemon: this.#options.daemon,
      feed: this.#feed,
      named: this.#welcome?.role === 'admin' ? tenant : undefined,
      intervalMs: () => this.#welcome?.interval_ms ?? 0,
      onRefused: this.#options.onRefused,
    })
    this.#panel.start()
    const { latest, window } = this.#knownOf(tenant)
    if (latest !== undefined) this.#panel.showSnapshot(latest, window)
  }

  #showSnapshot(snapshot: SnapshotMessage): void {
    const known = this.#knownOf(snapshot.tenant)
    const { upload_bps: upload, download_bps: download } = snapshot.stats.rates
    known.window.add({ atMs: Date.parse(snapshot.as_of), upload, download })
    known.latest = snapshot
    if (snapshot.tenant !== this.#tenant) return
    this.#panel?.showSnapshot(snapshot, known.window)
    setText(byId('as-of', HTMLElement), `as of ${this.#asOf()}`)
  }

  #knownOf(tenant: string): Known {
    const known = this.#known.get(tenant) ?? { window: new RateWindow(), latest: undefined }
    this.#known.set(tenant, known)
    return known
  }

  /** Shows whether the numbers are current, and announces changes. */
  #updateStatus(): void {
    const before = this.#status.kind
    const status = pageStatusOf(this.#feed.state, this.#feed.isStale, this.#welcome !== undefined)
    this.#status = status
    const label = byId('status', HTMLElement)
    setText(label, labelOf(status))
    label.dataset['status'] = status.kind
    const words = bannerOf(status, this.#asOf())
    const banner = byId('banner', HTMLElement)
    banner.hidden = words === undefined
    setText(banner, words ?? '')
    if (status.kind === before) return
    if (words !== undefined) announce(words)
    else if (before === 'lost' || before === 'stale') announce('Connected again. The numbers are live.')
  }

  /** `13:05:09 in Africa/Nairobi` */
  #asOf(): string | undefined {
    const latest = this.#tenant === undefined ? undefined : this.#known.get(this.#tenant)?.latest
    if (latest === undefined) return undefined
    const time = new LocalTime(latest.stats.timezone ?? 'UTC')
    return `${time.second(latest.as_of)} in ${time.timezone}`
  }
}
