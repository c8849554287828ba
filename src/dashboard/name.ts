import { made, setText } from './page.ts'
import { visible } from './visible.ts'

/** A name that a stranger chose: text and nothing else, which turns the direction of nothing around it. */
export function nameElement(text: string): HTMLElement {
  const element = made('bdi', 'name')
  showName(element, text)
  return element
}

/** The one name in a cell of a table. */
export function showNameIn(cell: HTMLElement, text: string): void {
  const element = cell.firstElementChild
  if (element instanceof HTMLElement) showName(element, text)
  else cell.append(nameElement(text))
}

function showName(element: HTMLElement, text: string): void {
  setText(element, text === '' ? '(no name)' : visible(text))
}
