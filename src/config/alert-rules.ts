import type { AlertRule, UsageLimit, UsageRule } from '../accounting/alert.ts'
import type { Alert } from './blocks/alerts.ts'
import type { Quota } from './blocks/quotas.ts'
import type { Webhook } from './blocks/webhooks.ts'
import type { WebhookConfig } from './config.ts'
import { shareOf, type Threshold } from './fields/quantity.ts'

/** A tenant's rules, of alerts and quotas that have no fault, each nor together. */
export function resolveAlerts(alerts: readonly Alert[], quotas: readonly Quota[]): AlertRule[] {
  return alerts.map(alert => resolveAlert(alert, quotas))
}

/** The tenant's webhooks, each with what it hears of, and whether they may be in a private network. */
export function resolveWebhooks(
  webhooks: readonly Webhook[],
  alerts: readonly Pick<Alert, 'id'>[],
  isPrivateAllowed: boolean,
): WebhookConfig[] {
  const all = alerts.map(({ id }) => id)
  return webhooks.map(({ id, url, secret, alerts: named }) => ({
    ...{ id, url, secret, isPrivateAllowed },
    rules: new Set(named ?? all),
  }))
}

/** Those that a usage alert may go by a share of. */
export function quotasOf<Q extends Pick<Quota, 'scope' | 'period'>>(
  { scope, period }: Pick<UsageRule, 'scope' | 'period'>,
  quotas: readonly Q[],
): Q[] {
  return quotas.filter(it => it.scope === scope && it.period === period)
}

function resolveAlert(alert: Alert, quotas: readonly Quota[]): AlertRule {
  switch (alert.on) {
    case 'usage': {
      const { id, scope, period, threshold } = alert
      return { kind: 'usage', id, scope, period, ...limitsOf(threshold, quotasOf(alert, quotas)) }
    }
    case 'router_offline':
      return { kind: 'router_offline', id: alert.id, afterMs: alert.after }
    case 'session_stalled':
    case 'session_uncounted':
      return { kind: alert.on, id: alert.id, scope: alert.scope }
    default:
      return alert satisfies never
  }
}

function limitsOf(threshold: Threshold, quotas: readonly Quota[]): Pick<UsageRule, 'usual' | 'particular'> {
  if (threshold.kind === 'bytes')
    return { usual: { threshold: threshold.bytes, quota: undefined }, particular: new Map() }
  let usual: UsageLimit | undefined
  const particular = new Map<string, UsageLimit>()
  for (const { limit, of } of quotas) {
    const its = limitOf(limit, threshold.share)
    if (of === undefined) usual = its
    else for (const subject of of) particular.set(subject, its)
  }
  return { usual, particular }
}

function limitOf(quota: number, share: number): UsageLimit {
  const threshold = shareOf(quota, share)
  if (threshold === undefined)
    throw new Error('a share that can not be counted is a fault, and was not found to be one')
  return { threshold, quota }
}
