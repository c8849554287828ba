import { isIPv6, SocketAddress } from 'node:net'
import { routerKey } from '../accounting/ids.ts'
import type { Config, RouterConfig } from './config.ts'
import type { Fault, Finding, NameOf } from './fault.ts'
import { Claims } from './fields/claims.ts'
import { locatedIn } from './located.ts'

/**
 * Normalises `host:port`: names in lower case without the trailing dot, IPv6 in its shortest form. Names are not
 * resolved.
 */
export function addressText({ host, port }: Pick<RouterConfig, 'host' | 'port'>): string {
  if (!isIPv6(host)) return `${host.toLowerCase().replace(/\.$/, '')}:${port}`
  const [address = '', zone] = host.split('%')
  const short = new SocketAddress({ address, family: 'ipv6' }).address
  const ipv4 = /^::ffff:([\d.]+)$/.exec(short)?.[1]
  if (ipv4 !== undefined) return `${ipv4}:${port}`
  return `[${short}${zone === undefined ? '' : `%${zone}`}]:${port}`
}

/**
 * Warns of routers with the host and port of an earlier one, which would be read and counted twice. Disabled routers
 * are not read, and two routers with different services do not overlap.
 * @param file the file from which `config` was loaded
 */
export function sharedAddresses(file: string, config: Pick<Config, 'tenants'>): readonly Fault[] {
  return locatedIn(file, findingsOf(config))
}

function findingsOf({ tenants }: Pick<Config, 'tenants'>): readonly Finding[] {
  const claims = new Claims<{ router: RouterConfig; key: string; path: readonly PropertyKey[] }>()
  return tenants.flatMap((tenant, t) =>
    tenant.routers.flatMap((router, r) => {
      if (!router.enabled) return []
      const address = addressText(router)
      const path = ['tenants', t, 'routers', r]
      const before = claims.claim(address, { router, key: routerKey(tenant.id, router.id), path })
      if (!before) return []
      const message = (nameOf: NameOf) =>
        `${address} is also ${before.key} (${nameOf(before.path)}); a router that is read twice is counted twice: remove one of them, or give them different services`
      return [{ path: [...path, 'host'], message }]
    }),
  )
}
