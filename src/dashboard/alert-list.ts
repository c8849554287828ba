import type { LocalTime } from './instant.ts'
import { nameElement } from './name.ts'
import { byId, made } from './page.ts'
import { type Alert, wordsOf } from './shown-alert.ts'
import { visible } from './visible.ts'

/** Shows the newest alerts, the latest first. @param now time of the numbers on the page */
export function showAlerts(alerts: readonly Alert[], time: LocalTime, now: string): void {
  byId('alerts', HTMLElement).replaceChildren(...alerts.map(alert => entry(alert, time, now)))
  byId('no-alerts', HTMLElement).hidden = alerts.length > 0
}

/** The alert as a sentence for screen readers. */
export function spokenAlert(alert: Alert, time: LocalTime): string {
  const { before, after } = wordsOf(alert, time)
  return `Alert: ${before}${visible(alert.subject)}${after}`
}

function entry(alert: Alert, time: LocalTime, now: string): HTMLElement {
  const item = made('li')
  item.dataset['state'] = alert.kind === 'router_offline' && alert.endedAt === undefined ? 'open' : 'past'
  const at = made('time', 'when', time.moment(alert.firedAt, now))
  at.dateTime = alert.firedAt
  const { before, after } = wordsOf(alert, time)
  const text = made('span', 'what')
  text.append(before, nameElement(alert.subject), after)
  item.append(at, text)
  return item
}
