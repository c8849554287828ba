import type { Stats, Usage } from '../client/feed.ts'
import { formatBytes, formatCount, formatRate } from './format-quantity.ts'
import { monthName } from './instant.ts'
import type { Forecast } from './month-forecast.ts'
import { byId, setQuantity, setText } from './page.ts'

/** The tenant's main numbers. */
export function showCards({ bytes, rates, ...stats }: Stats): void {
  showUsage('total', bytes.total)
  showUsage('month', bytes.month)
  showUsage('today', bytes.today)
  show('down', rates.download_bps, formatRate)
  show('up', rates.upload_bps, formatRate)
  show('online', stats.active_sessions, formatCount)
  show('hotspot', stats.hotspot_users, formatCount)
  show('ppp', stats.pppoe_users, formatCount)
  setText(byId('month-name', HTMLElement), stats.month === null ? '' : monthName(stats.month))
}

/** Shows the forecast of this month, or hides it if there is none. */
export function showForecast(forecast: Forecast | undefined): void {
  byId('forecast', HTMLElement).hidden = forecast === undefined
  if (forecast === undefined) return
  show('forecast-bytes', forecast.bytes, formatBytes)
  const { between } = forecast
  const range = between && `(${formatBytes(between[0])} to ${formatBytes(between[1])})`
  setText(byId('forecast-range', HTMLElement), range ?? '')
}

function showUsage(period: string, { upload, download, used }: Usage): void {
  show(`${period}-used`, used, formatBytes)
  show(`${period}-down`, download, formatBytes)
  show(`${period}-up`, upload, formatBytes)
}

function show(id: string, quantity: number, format: (quantity: number) => string): void {
  setQuantity(byId(id, HTMLElement), quantity, format)
}
