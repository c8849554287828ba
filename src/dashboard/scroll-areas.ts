/**
 * Makes areas that scroll reachable by keyboard, with a label, and areas that fit not. Works until the signal aborts.
 */
export function keepReachable(signal: AbortSignal): void {
  const areas = document.querySelectorAll<HTMLElement>('.scroll')
  const sizes = new ResizeObserver(() => areas.forEach(reach))
  signal.addEventListener('abort', () => sizes.disconnect())
  for (const area of areas) for (const it of [area, ...area.children]) sizes.observe(it)
}

function reach(area: HTMLElement): void {
  const isScrolling = area.scrollWidth > area.clientWidth || area.scrollHeight > area.clientHeight
  const attributes = { tabindex: '0', role: 'group', 'aria-labelledby': area.dataset['title'] ?? '' }
  for (const [name, value] of Object.entries(attributes))
    if (!isScrolling) area.removeAttribute(name)
    else if (area.getAttribute(name) !== value) area.setAttribute(name, value)
}
