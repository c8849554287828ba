import type { TenantAlert } from '../accounting/alert.ts'

/** What became of an alert. */
export type AlertEvent = 'fired' | 'ended'

/**
 * The body of a message, the same byte for byte at each attempt: one that tells of an alert's firing knows nothing of
 * its end, even where it comes after it.
 */
export function messageOf(event: AlertEvent, { tenant, alert }: TenantAlert): string {
  const told = event === 'fired' ? { ...alert, ended_at: null } : alert
  const timestamp = told.ended_at ?? told.fired_at
  return JSON.stringify({ type: `alert.${event}`, timestamp, data: { tenant, alert: told } })
}
