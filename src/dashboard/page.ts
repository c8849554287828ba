/** @throws Error where the page has no such element */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id)
  if (!(found instanceof kind)) throw new Error(`the page has no ${id}`)
  return found
}

/** A new element, with a class and a text where they are named. */
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

/** What stands there already is left alone, and with it whatever somebody has selected of it. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text
}

/** In figures for people, and in exact bytes for those who look closer. */
export function setQuantity(
  element: HTMLElement,
  quantity: number,
  format: (quantity: number) => string,
): void {
  setText(element, format(quantity))
  element.dataset['exact'] = String(quantity)
}
