import type { TenantAlert } from '../accounting/alert.ts'

/** What happened to an alert. */
export type AlertEvent = 'fired' | 'ended'

/**
 * The body of a message. It is the same byte for byte at each attempt: the message that an alert fired does not contain
 * its end, even if it is sent after that.
 */
export function messageOf(event: AlertEvent, { tenant, alert }: TenantAlert): string {
  const reported = event === 'fired' ? { ...alert, ended_at: null } : alert
  const timestamp = reported.ended_at ?? reported.fired_at
  return JSON.stringify({ type: `alert.${event}`, timestamp, data: { tenant, alert: reported } })
}
