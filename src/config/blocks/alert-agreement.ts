import { isConfigId } from '../../accounting/ids.ts'
import { quotasOf } from '../alert-rules.ts'
import { type Finding, pathText } from '../fault.ts'
import { nearest } from '../fields/nearest.ts'
import { shareOf } from '../fields/quantity.ts'
import type { Alert } from './alerts.ts'
import type { Quota } from './quotas.ts'

/**
 * What can be told of a tenant, whatever is wrong with it. `undefined` stands for what has a fault of its own: it may
 * have been meant as anything, so nothing is said to lack on its account.
 */
export interface TenantOutline {
  readonly routers: readonly Named[]
  readonly quotas: readonly (Quota | undefined)[]
  /** One with a fault may have an id all the same. */
  readonly alerts: readonly (Named & { readonly alert: Alert | undefined })[]
  readonly webhooks: readonly { readonly alerts: readonly (string | undefined)[] }[]
}

interface Named {
  readonly id?: string | undefined
}

/** Faults between a tenant's quotas, its alerts, its webhooks and its routers. */
export function alertDisagreements(tenant: TenantOutline, path: readonly PropertyKey[]): Finding[] {
  return [
    ...quotasTwice(tenant, [...path, 'quotas']),
    ...unknownSubjects(tenant, [...path, 'quotas']),
    ...sharesOfNothing(tenant, path),
    ...unknownAlerts(tenant, [...path, 'webhooks']),
  ]
}

/** Each subject has one quota of a period. */
function quotasTwice({ quotas }: TenantOutline, path: readonly PropertyKey[]): Finding[] {
  const firsts = new Map<string, readonly PropertyKey[]>()
  return quotas.flatMap((quota, index) => {
    if (quota === undefined) return []
    const { scope, period, of } = quota
    const places: readonly (readonly [key: string, place: readonly PropertyKey[]])[] =
      of === undefined
        ? [[`${scope} ${period}`, [...path, index]]]
        : of.map((subject, at) => [`${scope} ${period} ${subject}`, [...path, index, 'of', at]])
    return places.flatMap(([key, place]) => {
      const first = firsts.get(key)
      if (first === undefined) {
        firsts.set(key, place)
        return []
      }
      return [{ path: place, message: twice(quota, pathText(first)) }]
    })
  })
}

function twice({ scope, period, of }: Quota, first: string): string {
  if (of !== undefined) return `must have one quota of its ${period}, and ${first} is it already: remove one`
  return scope === 'tenant'
    ? `must be its own, and ${first} is the one of the tenant’s ${period} already: remove one`
    : `must be its own, and ${first} is the one of each ${scope}’s ${period} already: remove one, or name in of whom it is for`
}

function unknownSubjects({ quotas, routers }: TenantOutline, path: readonly PropertyKey[]): Finding[] {
  return quotas.flatMap((quota, index) => {
    const place = [...path, index, 'of']
    if (quota?.of === undefined || quota.scope === 'user') return []
    if (quota.scope === 'tenant')
      return [{ path: place, message: 'is for scope: user or router: remove it, there is one tenant' }]
    return unknown(quota.of, routers, place, 'is no router of this tenant', 'name one by its id in routers')
  })
}

function sharesOfNothing({ alerts, quotas }: TenantOutline, path: readonly PropertyKey[]): Finding[] {
  return alerts.flatMap(({ alert }, index): Finding[] => {
    if (alert?.on !== 'usage' || alert.threshold.kind !== 'share') return []
    const { scope, period, threshold } = alert
    const place = [...path, 'alerts', index, 'threshold']
    const its = quotasOf(
      alert,
      quotas.filter(it => it !== undefined),
    )
    if (its.length === 0 && !quotas.includes(undefined)) {
      const message = `is a share of no quota: add { scope: ${scope}, period: ${period}, limit: 100GB } to the tenant’s quotas, with the limit that is yours`
      return [{ path: place, message }]
    }
    const large = its.find(({ limit }) => shareOf(limit, threshold.share) === undefined)
    if (large === undefined) return []
    const quota = pathText([...path, 'quotas', quotas.indexOf(large)])
    return [
      { path: place, message: `is too much of ${quota}: set it to a smaller share, or its limit lower` },
    ]
  })
}

function unknownAlerts({ webhooks, alerts }: TenantOutline, path: readonly PropertyKey[]): Finding[] {
  return webhooks.flatMap((webhook, index) =>
    unknown(
      webhook.alerts,
      alerts,
      [...path, index, 'alerts'],
      'is no alert of this tenant',
      'name one by its id in alerts',
    ),
  )
}

/** @returns a finding for each of `named` that is not known, with the one that was meant */
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
    // What is no id is not shown, nor looked for: it may be anything.
    const meant = isConfigId(name) ? nearest(name, [...ids].filter(isConfigId)) : undefined
    const hint = meant === undefined ? advice : `did you mean ${meant}?`
    return [{ path: [...path, index], message: `${fault}: ${hint}` }]
  })
}
