import { made } from './page.ts'

/** What stands in one of a table's columns. */
export interface Column<Item> {
  /** `name`: what its row is about. */
  readonly kind: 'name' | 'text' | 'number'
  readonly show: (cell: HTMLElement, item: Item) => void
}

/**
 * The body of a table, kept up to date in place: a row stays the same element while its item is there, and only what
 * changed is written, so that nobody loses a selection, the place or the focus.
 */
export class Rows<Item> {
  readonly #body: HTMLElement
  readonly #columns: readonly Column<Item>[]
  readonly #keyOf: (item: Item) => string
  #rows = new Map<string, HTMLTableRowElement>()

  constructor(body: HTMLElement, keyOf: (item: Item) => string, columns: readonly Column<Item>[]) {
    this.#body = body
    this.#keyOf = keyOf
    this.#columns = columns
  }

  show(items: readonly Item[]): void {
    const before = this.#rows
    this.#rows = new Map()
    for (const item of this.#isHeld() ? this.#inPlace(items, before) : items) {
      const key = this.#keyOf(item)
      const row = before.get(key) ?? this.#newRow()
      this.#rows.set(key, row)
      for (const [at, column] of this.#columns.entries()) {
        const cell = row.cells[at]
        if (cell) column.show(cell, item)
      }
    }
    this.#place(before)
  }

  /** Ends what is selected in it: who asks for another order wants to see it. */
  release(): void {
    if (this.#isHeld()) getSelection()?.removeAllRanges()
  }

  /** While somebody selects in it, its rows stay where they are: those that end leave, and others wait. */
  #isHeld(): boolean {
    const selection = getSelection()
    return selection?.isCollapsed === false && selection.containsNode(this.#body, true)
  }

  #inPlace(items: readonly Item[], before: ReadonlyMap<string, HTMLTableRowElement>): readonly Item[] {
    const known = new Map(items.map(item => [this.#keyOf(item), item]))
    return Array.from(before.keys()).flatMap(key => known.get(key) ?? [])
  }

  /** Moves as few as it can tell at a glance: what stands in the right place is not touched. */
  #place(before: ReadonlyMap<string, HTMLTableRowElement>): void {
    for (const [key, row] of before) if (!this.#rows.has(key)) row.remove()
    let next = this.#body.firstElementChild
    for (const row of this.#rows.values()) {
      if (row === next) next = next.nextElementSibling
      else this.#body.insertBefore(row, next)
    }
  }

  #newRow(): HTMLTableRowElement {
    const row = made('tr')
    for (const { kind } of this.#columns) {
      const cell = kind === 'name' ? made('th') : made('td', kind)
      if (kind === 'name') cell.setAttribute('scope', 'row')
      row.append(cell)
    }
    return row
  }
}
