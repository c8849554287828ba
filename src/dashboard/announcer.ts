import { byId } from './page.ts'

/** Announces important events to screen readers, politely. Numbers are not announced: users can navigate to them. */
export function announce(text: string): void {
  byId('announcer', HTMLElement).textContent = text
}
