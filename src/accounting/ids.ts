/** Ids that the compiler distinguishes. This is the only file with casts, because only a cast makes a brand. */

declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** A tenant's `id` in the config: letters, digits, `-`, `_`, `.`; 64 characters at most. */
export type TenantId = Branded<'TenantId'>
/** A router's `id` in the config, unique within its tenant; same alphabet as a tenant's. */
export type RouterId = Branded<'RouterId'>
/** The key of a router among all tenants: `tenant/router`. */
export type RouterKey = Branded<'RouterKey'>
/** A session's UUID (version 7, so that ids grow with time), made by the daemon that first saw it. */
export type SessionId = Branded<'SessionId'>

const CONFIG_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** Whether `value` can be a tenant's or a router's id. */
export function isConfigId(value: string): boolean {
  return CONFIG_ID.test(value)
}

/** @throws RangeError if `value` is no config id */
export function tenantId(value: string): TenantId {
  if (!isConfigId(value)) throw new RangeError(`not a tenant id: ${JSON.stringify(value)}`)
  return value as TenantId
}

/** @throws RangeError if `value` is no config id */
export function routerId(value: string): RouterId {
  if (!isConfigId(value)) throw new RangeError(`not a router id: ${JSON.stringify(value)}`)
  return value as RouterId
}

export function routerKey(tenant: TenantId, router: RouterId): RouterKey {
  return `${tenant}/${router}` as RouterKey
}

/** Takes a UUID from the generator or from the database. */
export function sessionId(uuid: string): SessionId {
  return uuid as SessionId
}
