/** @throws Error if the page has no such element */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id)
  if (!(found instanceof kind)) throw new Error(`the page has no ${id}`)
  return found
}

/** Creates an element with a class and a text. */
export function made<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = '',
  text = '',
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  if (className !== '') element.className = className
  if (text !== '') element.textContent = text
  return element
}

/** Sets a text only if it changes, so that a selection in it is kept. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text
}

/** Shows a rounded quantity, and keeps the exact one in `data-exact`. */
export function setQuantity(
  element: HTMLElement,
  quantity: number,
  format: (quantity: number) => string,
): void {
  setText(element, format(quantity))
  element.dataset['exact'] = String(quantity)
}
