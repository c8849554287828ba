import { stringify } from 'yaml'
import type { Tenants } from './config-changes.ts'

/** The keys of a config besides its tenants. */
export type OtherKeys = Readonly<Record<string, unknown>>

/** A way to make a config faulty. */
export interface Spoilt {
  readonly what: string
  readonly text: (keys: OtherKeys, tenants: Tenants) => string
}

export function configText(keys: OtherKeys, tenants: readonly object[]): string {
  return stringify({ ...keys, tenants })
}

/** Ten faulty configs, one for each kind of fault. */
export const SPOILT: readonly Spoilt[] = [
  { what: 'no YAML', text: (keys, tenants) => `${configText(keys, tenants)}  - {` },
  { what: 'an unknown key', text: (keys, tenants) => configText({ ...keys, pool: {} }, tenants) },
  {
    what: 'a bad value',
    text: (keys, tenants) => configText({ ...keys, commit: { interval: 'soon' } }, tenants),
  },
  {
    what: 'a secret that does not exist',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the config's own form of a secret
    text: (keys, tenants) => configText({ ...keys, auth: { secret: '${SET_BY_NOBODY}' } }, tenants),
  },
  {
    what: "a router's id that is taken",
    text: (keys, tenants) => configText(keys, tenants.map(twice)),
  },
  {
    what: "a tenant's id that is taken",
    text: (keys, tenants) => configText(keys, [...tenants, ...tenants.slice(0, 1)]),
  },
  {
    what: 'a router without a host',
    text: (keys, tenants) => configText(keys, [...tenants, { id: 'new', routers: [{ id: 'a' }] }]),
  },
  {
    what: 'an unknown timezone',
    text: (keys, tenants) =>
      configText(
        keys,
        tenants.map(it => ({ ...it, timezone: 'Mars/Olympus' })),
      ),
  },
  {
    what: 'a schedule that never comes',
    text: (keys, tenants) => configText({ ...keys, poll: { schedule: '61 * * * * *' } }, tenants),
  },
  { what: 'an empty file', text: () => '' },
]

function twice(tenant: Tenants[number]): Tenants[number] {
  return { ...tenant, routers: [...tenant.routers, ...tenant.routers.slice(0, 1)] }
}
