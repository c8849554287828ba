import { byId } from './page.ts'

/**
 * Says to those who listen to a screen reader what matters, politely. Numbers are not announced: who wants them goes
 * there.
 */
export function announce(text: string): void {
  byId('announcer', HTMLElement).textContent = text
}
