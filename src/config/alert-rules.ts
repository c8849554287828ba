import type { AlertRule, UsageLimit, UsageRule } from '../accounting/alert.ts'
import type { Alert } from './blocks/alerts-block.ts'
import type { Quota } from './blocks/quotas-block.ts'
import type { MailEntry, Webhook } from './blocks/webhooks-block.ts'
import type { MailConfig, WebhookConfig } from './config.ts'
import { shareOf, type Threshold } from './fields/quantity.ts'

/** Resolves a tenant's alert rules. Neither the alerts nor the quotas may have faults, alone or in combination. */
export function resolveAlerts(alerts: readonly Alert[], quotas: readonly Quota[]): AlertRule[] {
  return alerts.map(alert => resolveAlert(alert, quotas))
}

/** Resolves a tenant's webhooks: the rules each of them gets, and whether it may be in a private network. */
export function resolveWebhooks(
  webhooks: readonly Webhook[],
  alerts: readonly Pick<Alert, 'id'>[],
  isPrivateAllowed: boolean,
): WebhookConfig[] {
  return webhooks.map(webhook => ({
    ...{ id: webhook.id, url: webhook.url, isPrivateAllowed },
    format:
      webhook.format === 'telegram' ? { kind: webhook.format, chat: webhook.chat } : { kind: webhook.format },
    secret: 'secret' in webhook ? webhook.secret : undefined,
    rules: rulesFor(webhook, alerts),
  }))
}

export function resolveMails(
  mails: readonly MailEntry[],
  alerts: readonly Pick<Alert, 'id'>[],
): MailConfig[] {
  return mails.map(mail => ({ id: mail.id, to: mail.to, rules: rulesFor(mail, alerts) }))
}

function rulesFor(
  { alerts: named }: Pick<MailEntry, 'alerts'>,
  alerts: readonly Pick<Alert, 'id'>[],
): ReadonlySet<string> {
  return new Set(named ?? alerts.map(({ id }) => id))
}

/** The quotas that a usage alert with a share as its threshold refers to. */
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
    const limitOfAlert = limitOf(limit, threshold.share)
    if (of === undefined) usual = limitOfAlert
    else for (const subject of of) particular.set(subject, limitOfAlert)
  }
  return { usual, particular }
}

function limitOf(quota: number, share: number): UsageLimit {
  const threshold = shareOf(quota, share)
  if (threshold === undefined) throw new Error('a share beyond the safe integers passed validation')
  return { threshold, quota }
}
