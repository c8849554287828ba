/**
 * What does not fit and scrolls is reached by the keyboard too, and says what it is; what fits is no stop on the way.
 * Until the signal aborts.
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
