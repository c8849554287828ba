import { isConfigId } from '../../accounting/ids.ts'
import { quotasOf } from '../alert-rules.ts'
import type { Finding } from '../fault.ts'
import { nearest } from '../fields/nearest.ts'
import { shareOf } from '../fields/quantity.ts'
import type { Alert } from './alerts-block.ts'
import type { Quota } from './quotas-block.ts'

/**
 * The readable parts of a tenant. `undefined` stands for a part with a fault of its own: it may have been meant as
 * anything, so nothing is reported as missing because of it.
 */
export interface TenantOutline {
  readonly routers: readonly Named[]
  readonly quotas: readonly (Quota | undefined)[]
  /** An alert with a fault may still have an id. */
  readonly alerts: readonly (Named & { readonly alert: Alert | undefined })[]
  readonly webhooks: readonly Recipient[]
  readonly mails: readonly Recipient[]
}

/** A webhook, or a list of mail addresses. */
interface Recipient {
  readonly alerts: readonly (string | undefined)[]
}

interface Named {
  readonly id?: string | undefined
}

/** Finds faults between a tenant's quotas, alerts, webhooks, mails and routers. */
export function alertDisagreements(tenant: TenantOutline, path: readonly PropertyKey[]): Finding[] {
  return [
    ...quotasTwice(tenant, [...path, 'quotas']),
    ...unknownSubjects(tenant, [...path, 'quotas']),
    ...sharesOfNothing(tenant, path),
    ...unknownAlerts(tenant.webhooks, tenant.alerts, [...path, 'webhooks']),
    ...unknownAlerts(tenant.mails, tenant.alerts, [...path, 'mails']),
  ]
}

/** A subject may have only one quota per period. */
function quotasTwice({ quotas }: TenantOutline, path: readonly PropertyKey[]): Finding[] {
  const firsts = new Map<string, readonly PropertyKey[]>()
  return quotas.flatMap((quota, index) => {
    if (quota === undefined) return []
    const { scope, period, of } = quota
    const places: readonly (readonly [key: string, place: readonly PropertyKey[]])[] =
      of === undefined
        ? [[`${scope} ${period}`, [...path, index]]]
        : of.map((subject, at) => [`${scope} ${period} ${subject}`, [...path, index, 'of', at]])
    return places.flatMap(([key, place]): Finding[] => {
      const first = firsts.get(key)
      if (first === undefined) {
        firsts.set(key, place)
        return []
      }
      return [{ path: place, message: nameOf => twice(quota, nameOf(first)) }]
    })
  })
}

function twice({ scope, period, of }: Quota, first: string): string {
  if (of !== undefined) return `already has a quota for each ${period}, ${first}: remove one of them`
  return scope === 'tenant'
    ? `repeats ${first}, the tenant’s quota for each ${period}: remove one of them`
    : `repeats ${first}, the quota of every ${scope} for each ${period}: remove one of them, or list in "of" whom this one is for`
}

function unknownSubjects({ quotas, routers }: TenantOutline, path: readonly PropertyKey[]): Finding[] {
  return quotas.flatMap((quota, index) => {
    const place = [...path, index, 'of']
    if (quota?.of === undefined || quota.scope === 'user') return []
    if (quota.scope === 'tenant')
      return [{ path: place, message: 'needs scope: user or router: remove it, there is only one tenant' }]
    return unknown(quota.of, routers, place, 'is not a router of this tenant', 'use an id from routers')
  })
}

function sharesOfNothing({ alerts, quotas }: TenantOutline, path: readonly PropertyKey[]): Finding[] {
  return alerts.flatMap(({ alert }, index): Finding[] => {
    if (alert?.on !== 'usage' || alert.threshold.kind !== 'share') return []
    const { scope, period, threshold } = alert
    const place = [...path, 'alerts', index, 'threshold']
    const shared = quotasOf(
      alert,
      quotas.filter(it => it !== undefined),
    )
    if (shared.length === 0 && !quotas.includes(undefined)) {
      const message = `is a share of a quota that does not exist: add { scope: ${scope}, period: ${period}, limit: 100GB } to the tenant’s quotas, with your limit`
      return [{ path: place, message }]
    }
    const large = shared.find(({ limit }) => shareOf(limit, threshold.share) === undefined)
    if (large === undefined) return []
    const quota = [...path, 'quotas', quotas.indexOf(large)]
    return [
      {
        path: place,
        message: nameOf =>
          `is too large a share of ${nameOf(quota)}: lower the share or the limit of the quota`,
      },
    ]
  })
}

function unknownAlerts(
  recipients: readonly Recipient[],
  alerts: readonly Named[],
  path: readonly PropertyKey[],
): Finding[] {
  return recipients.flatMap((recipient, index) =>
    unknown(
      recipient.alerts,
      alerts,
      [...path, index, 'alerts'],
      'is not an alert of this tenant',
      'use an id from alerts',
    ),
  )
}

/** @returns a finding for each unknown name, with the known one that was probably meant */
function unknown(
  named: readonly (string | undefined)[],
  known: readonly Named[],
  path: readonly PropertyKey[],
  fault: string,
  advice: string,
): Finding[] {
  if (known.some(({ id }) => id === undefined)) return []
  const ids = new Set(known.flatMap(({ id }) => id ?? []))
  return named.flatMap((name, index) => {
    if (name === undefined || ids.has(name)) return []
    // A name that is not an id is neither shown nor compared: it may be a secret.
    const meant = isConfigId(name) ? nearest(name, [...ids].filter(isConfigId)) : undefined
    const hint = meant === undefined ? advice : `did you mean ${meant}?`
    return [{ path: [...path, index], message: `${fault}: ${hint}` }]
  })
}
