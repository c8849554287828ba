import { made } from './page.ts'

/** A column of a table. */
export interface Column<Item> {
  /** `name`: the header of its row. */
  readonly kind: 'name' | 'text' | 'number'
  readonly show: (cell: HTMLElement, item: Item) => void
}

/**
 * The body of a table, updated in place: an item keeps its row element, and only changes are written, so that nobody
 * loses a selection, the scroll position or the focus.
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

  /** Removes a selection in the table, so that a new order can be shown. */
  release(): void {
    if (this.#isHeld()) getSelection()?.removeAllRanges()
  }

  /** Whether something is selected in the table. Rows then keep their order: ended ones leave, new ones wait. */
  #isHeld(): boolean {
    const selection = getSelection()
    return selection?.isCollapsed === false && selection.containsNode(this.#body, true)
  }

  #inPlace(items: readonly Item[], before: ReadonlyMap<string, HTMLTableRowElement>): readonly Item[] {
    const known = new Map(items.map(item => [this.#keyOf(item), item]))
    return Array.from(before.keys()).flatMap(key => known.get(key) ?? [])
  }

  /** Puts rows in order without touching those that are already in place. */
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
