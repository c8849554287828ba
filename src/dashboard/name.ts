import { made, setText } from './page.ts'
import { visible } from './visible.ts'

/** An element with a name that a stranger chose: plain text that does not change the direction of its surroundings. */
export function nameElement(text: string): HTMLElement {
  const element = made('bdi', 'name')
  showName(element, text)
  return element
}

/** Shows a name in a table cell. */
export function showNameIn(cell: HTMLElement, text: string): void {
  const element = cell.firstElementChild
  if (element instanceof HTMLElement) showName(element, text)
  else cell.append(nameElement(text))
}

function showName(element: HTMLElement, text: string): void {
  setText(element, text === '' ? '(no name)' : visible(text))
}
