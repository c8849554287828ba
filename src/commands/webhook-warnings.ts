import { isIP } from 'node:net'
import type { Config } from '../config/config.ts'
import type { Fault } from '../config/fault.ts'
import { locatedIn } from '../config/located.ts'
import { isPrivateAddress } from '../runtime/private-address.ts'

const PLAIN = 'is plain http: who is on the way can read the alerts, and change them; use https'
const PRIVATE =
  'is at a private address: a tenant that chooses it reaches what only this machine may; set webhooks_private: false if none is meant to'
const REFUSED = 'is at a private address, which webhooks_private: false refuses: no alert gets there'

/** Names that no name server of the internet has. */
const LOCAL_NAME = /^[^.]+$|\.(?:localhost|local|internal|lan|home\.arpa)$/

/**
 * Webhooks that others can read along, and those that are posted to in this machine's own network. Names are not looked
 * up, and no message shows a webhook's address: it may be a secret.
 * @param file the one that `config` was loaded from
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

/** @param hostname as a URL has it: in lower case, IPv6 in brackets */
function isPrivateHost(hostname: string): boolean {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
  return isIP(bare) === 0 ? LOCAL_NAME.test(bare) : isPrivateAddress(bare)
}
