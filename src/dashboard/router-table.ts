import type { Router } from '../client/feed.ts'
import { formatCount } from './format-quantity.ts'
import { ago } from './instant.ts'
import { showNameIn } from './name.ts'
import { byId, made, setQuantity, setText } from './page.ts'
import { byNeed, troubleOf } from './router-trouble.ts'
import { Rows } from './rows.ts'

interface Seen {
  readonly router: Router
  readonly asOf: string
}

const WORDS: Readonly<Record<Router['state'], string>> = {
  offline: 'Offline',
  connecting: 'Connecting',
  online: 'Online',
  disabled: 'Paused',
}

/** The tenant's routers, and when each was last read. */
export class RouterTable {
  readonly #rows = new Rows<Seen>(byId('routers', HTMLElement), ({ router }) => router.id, [
    { kind: 'name', show: (cell, { router }) => showNameIn(cell, router.name) },
    { kind: 'text', show: showState },
    {
      kind: 'text',
      show: (cell, { router, asOf }) =>
        setText(cell, router.last_reading_at === null ? 'never' : ago(router.last_reading_at, asOf)),
    },
    { kind: 'number', show: (cell, { router }) => setQuantity(cell, router.hotspot, formatCount) },
    { kind: 'number', show: (cell, { router }) => setQuantity(cell, router.ppp, formatCount) },
    { kind: 'number', show: (cell, { router }) => setQuantity(cell, router.uncounted ?? 0, formatCount) },
  ])

  show(routers: readonly Router[], asOf: string): void {
    this.#rows.show([...routers].sort(byNeed).map(router => ({ router, asOf })))
    const online = routers.filter(({ state }) => state === 'online').length
    setText(byId('routers-online', HTMLElement), `${online} of ${routers.length} online`)
  }
}

/** Shows the state as a word, which the colour only repeats, and the router's problems. */
function showState(cell: HTMLElement, { router }: Seen): void {
  const state = part(cell, 'span', 'state')
  setText(state, WORDS[router.state])
  state.dataset['state'] = router.state
  setText(part(cell, 'small', 'error'), troubleOf(router))
}

/** A part of the cell, created if it does not exist yet. */
function part(cell: HTMLElement, tag: 'span' | 'small', className: string): HTMLElement {
  const found = cell.querySelector<HTMLElement>(tag)
  if (found) return found
  const element = made(tag, className)
  cell.append(element)
  return element
}
