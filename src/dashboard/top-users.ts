import { formatBytes } from './format-quantity.ts'
import { type Fields, listOf, numberOf, textOf } from './json-fields.ts'
import { showNameIn } from './name.ts'
import { byId, setQuantity } from './page.ts'
import { Rows } from './rows.ts'

interface TopUser {
  readonly username: string
  readonly download: number
  readonly upload: number
  readonly used: number
  /** Share of the first user's usage, 0 to 1. */
  readonly share: number
}

/** The users with the most usage. */
export class TopUsers {
  readonly #rows = new Rows<TopUser>(byId('top-users', HTMLElement), ({ username }) => username, [
    {
      kind: 'name',
      show: (cell, { username, share }) => {
        cell.style.setProperty('--share', `${(100 * share).toFixed(1)}%`)
        showNameIn(cell, username)
      },
    },
    { kind: 'number', show: (cell, { download }) => setQuantity(cell, download, formatBytes) },
    { kind: 'number', show: (cell, { upload }) => setQuantity(cell, upload, formatBytes) },
    { kind: 'number', show: (cell, { used }) => setQuantity(cell, used, formatBytes) },
  ])

  /** @param content answer of `/api/usage/top` */
  show(content: Fields): void {
    const rows = listOf(content['rows'])
    const most = Math.max(1, ...rows.map(row => numberOf(row['used'])))
    this.#rows.show(
      rows.map(row => ({
        username: textOf(row['username']),
        download: numberOf(row['download']),
        upload: numberOf(row['upload']),
        used: numberOf(row['used']),
        share: numberOf(row['used']) / most,
      })),
    )
    byId('no-top-users', HTMLElement).hidden = rows.length > 0
  }
}
