import { isIP } from 'node:net'
import type { Config } from '../config/config.ts'
import type { Fault } from '../config/fault.ts'
import { locatedIn } from '../config/located.ts'
import { isPrivateAddress } from '../runtime/private-address.ts'

const PLAIN = 'uses plain http: anybody on the path can read and change the alerts; use https'
const PRIVATE =
  'is at a private address: tenants who choose their webhooks can reach hosts that only this machine may reach; set webhooks_private: false to forbid that'
const REFUSED = 'is at a private address, which webhooks_private: false forbids: it gets no alerts'

/** Names that public DNS does not have. */
const LOCAL_NAME = /^[^.]+$|\.(?:localhost|local|internal|lan|home\.arpa)$/

/**
 * Warns of webhooks that use plain http or are in a private network. Names are not resolved, and no message shows a
 * webhook's URL: it may contain a secret.
 * @param file the file from which `config` was loaded
 */
export function webhookWarnings(file: string, { tenants }: Pick<Config, 'tenants'>): readonly Fault[] {
  const found = tenants.flatMap(({ webhooks }, tenant) =>
    webhooks.flatMap(({ url, isPrivateAllowed }, webhook) => {
      const { protocol, hostname } = new URL(url.reveal())
      const messages = [
        ...(protocol === 'http:' ? [PLAIN] : []),
        ...(isPrivateHost(hostname) ? [isPrivateAllowed ? PRIVATE : REFUSED] : []),
      ]
      const path = ['tenants', tenant, 'webhooks', webhook, 'url']
      return messages.map(message => ({ path, message }))
    }),
  )
  return locatedIn(file, found)
}

/** @param hostname as in a URL: lower case, IPv6 in brackets */
function isPrivateHost(hostname: string): boolean {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
  return isIP(bare) === 0 ? LOCAL_NAME.test(bare) : isPrivateAddress(bare)
}
