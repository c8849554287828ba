import type { Grant } from '../auth/bearer.ts'
import type { Watcher } from './channel.ts'
import { CLOSE } from './close-codes.ts'
import type { ClientMessage } from './feed-messages.ts'
import type { Hub } from './hub.ts'
import { closing, DONE, errorAnswer, type RequestOutcome } from './request-outcome.ts'

/** A client's request after its token was accepted. */
export type Request = Exclude<ClientMessage, { readonly type: 'auth' }>
type Subscription = Extract<Request, { readonly type: 'subscribe' | 'unsubscribe' }>

/** Handles the request of an authenticated client within its grant. `mayRefresh` checks the rate of refreshes. */
export function fulfil(
  request: Request,
  grant: Grant,
  watcher: Watcher,
  hub: Hub,
  mayRefresh: () => boolean,
): RequestOutcome {
  switch (request.type) {
    case 'subscribe':
      return subscribe(request, grant, watcher, hub)
    case 'unsubscribe':
      return unsubscribe(request, grant, watcher, hub)
    case 'refresh':
      if (!mayRefresh()) return errorAnswer('too_soon', 'at most one refresh a second')
      hub.refresh(watcher)
      return DONE
    default:
      return request satisfies never
  }
}

function subscribe(
  { topics, tenant: named }: Subscription,
  grant: Grant,
  watcher: Watcher,
  hub: Hub,
): RequestOutcome {
  if (isSomeoneElses(named, grant)) return closing(CLOSE.notYours, 'the tenant is not yours')
  if (topics.includes('system')) {
    if (grant.kind !== 'admin') return closing(CLOSE.notYours, 'the system is for admins')
    hub.subscribeSystem(watcher)
  }
  if (!isOfTenant(topics)) return DONE
  const name = grant.kind === 'tenant' ? grant.tenant : named
  if (name === undefined) return errorAnswer('tenant_required', 'an admin must name the tenant')
  const tenant = hub.serves(name)
  if (tenant === undefined) return errorAnswer('unknown_tenant', 'no such tenant')
  if (topics.includes('sessions')) hub.subscribeSessions(watcher, tenant)
  if (topics.includes('alerts')) hub.subscribeAlerts(watcher, tenant)
  return DONE
}

/** An admin that names no tenant means all tenants. */
function unsubscribe(
  { topics, tenant: named }: Subscription,
  grant: Grant,
  watcher: Watcher,
  hub: Hub,
): RequestOutcome {
  if (isSomeoneElses(named, grant)) return closing(CLOSE.notYours, 'the tenant is not yours')
  if (topics.includes('system')) hub.unsubscribeSystem(watcher)
  if (!isOfTenant(topics)) return DONE
  const tenant = named === undefined ? undefined : hub.serves(named)
  if (named !== undefined && tenant === undefined) return errorAnswer('unknown_tenant', 'no such tenant')
  if (topics.includes('sessions')) hub.unsubscribeSessions(watcher, tenant)
  if (topics.includes('alerts')) hub.unsubscribeAlerts(watcher, tenant)
  return DONE
}

function isOfTenant(topics: Subscription['topics']): boolean {
  return topics.includes('sessions') || topics.includes('alerts')
}

function isSomeoneElses(named: string | undefined, grant: Grant): boolean {
  return grant.kind === 'tenant' && named !== undefined && named !== grant.tenant
}
