import type { Session } from '../client/feed.ts'
import { announce } from './announcer.ts'
import { formatBytes, formatCount, formatRate } from './format-quantity.ts'
import type { LocalTime } from './instant.ts'
import { showNameIn } from './name.ts'
import { byId, setQuantity, setText } from './page.ts'
import { Rows } from './rows.ts'
import { pageOf, type SessionView, SORT_KEYS, sortedBy } from './session-list.ts'
import { visible } from './visible.ts'

const SERVICES: Readonly<Record<Session['service'], string>> = { hotspot: 'Hotspot', ppp: 'PPP' }

/** The sessions online: a page of a hundred matching ones, in the chosen order. */
export class SessionTable {
  #view: SessionView = { filter: '', sort: 'download', isDescending: true, page: 0 }
  #sessions: readonly Session[] = []
  #time: LocalTime
  #asOf = ''
  readonly #rows = new Rows<Session>(byId('sessions', HTMLElement), ({ id }) => id, [
    { kind: 'name', show: (cell, { username }) => showNameIn(cell, username) },
    { kind: 'number', show: (cell, { download }) => setQuantity(cell, download, formatBytes) },
    { kind: 'number', show: (cell, { upload }) => setQuantity(cell, upload, formatBytes) },
    { kind: 'number', show: (cell, { download_bps }) => setQuantity(cell, download_bps, formatRate) },
    { kind: 'number', show: (cell, { upload_bps }) => setQuantity(cell, upload_bps, formatRate) },
    { kind: 'text', show: (cell, { service }) => setText(cell, SERVICES[service] ?? visible(service)) },
    { kind: 'text', show: (cell, { router }) => setText(cell, visible(router)) },
    { kind: 'text', show: (cell, { ip_address }) => setText(cell, visible(ip_address ?? '–')) },
    {
      kind: 'text',
      show: (cell, { start_time }) => setText(cell, this.#time.moment(start_time, this.#asOf)),
    },
  ])

  constructor(time: LocalTime) {
    this.#time = time
  }

  /** Listens to its controls until the signal aborts. */
  start(signal: AbortSignal): void {
    const filter = byId('filter', HTMLInputElement)
    filter.addEventListener(
      'input',
      () => {
        this.#ask({ ...this.#view, filter: filter.value, page: 0 })
        announce(byId('matching', HTMLElement).textContent ?? '')
      },
      { signal },
    )
    for (const key of SORT_KEYS)
      byId(`sort-${key}`, HTMLElement).addEventListener('click', () => this.#ask(sortedBy(this.#view, key)), {
        signal,
      })
    const turn = (by: number) => () => this.#ask({ ...this.#view, page: Math.max(0, this.#view.page + by) })
    byId('page-before', HTMLElement).addEventListener('click', turn(-1), { signal })
    byId('page-after', HTMLElement).addEventListener('click', turn(1), { signal })
    this.#show(this.#view)
  }

  update(sessions: readonly Session[], asOf: string, time: LocalTime): void {
    this.#sessions = sessions
    this.#asOf = asOf
    this.#time = time
    this.#show(this.#view)
  }

  /** Shows the view that the user asked for. */
  #ask(view: SessionView): void {
    this.#rows.release()
    this.#show(view)
  }

  #show(view: SessionView): void {
    const { rows, matching, page, pages } = pageOf(this.#sessions, view)
    this.#view = { ...view, page }
    this.#rows.show(rows)
    const all = formatCount(this.#sessions.length)
    const isAll = matching === this.#sessions.length
    setText(
      byId('matching', HTMLElement),
      isAll ? `${all} online` : `${formatCount(matching)} of ${all} online`,
    )
    byId('no-sessions', HTMLElement).hidden = matching > 0
    byId('pages', HTMLElement).hidden = pages === 1
    setText(byId('page-number', HTMLElement), `Page ${page + 1} of ${pages}`)
    // Not `disabled`, which would take the focus from the button that was just pressed.
    byId('page-before', HTMLElement).setAttribute('aria-disabled', String(page === 0))
    byId('page-after', HTMLElement).setAttribute('aria-disabled', String(page === pages - 1))
    for (const key of SORT_KEYS) {
      const order = key !== view.sort ? 'none' : view.isDescending ? 'descending' : 'ascending'
      byId(`sort-${key}`, HTMLElement).closest('th')?.setAttribute('aria-sort', order)
    }
  }
}
