import type { Config } from '../config/config.ts'
import type { Fault } from '../config/fault.ts'
import { locatedIn } from '../config/located.ts'
import { isPrivateHost } from './private-host.ts'

const PLAIN = 'uses plain http: anybody on the path can read and change the alerts; use https'
const PRIVATE =
  'is at a private address: tenants who choose their webhooks can reach hosts that only this machine may reach; set webhooks_private: false to forbid that'
const REFUSED = 'is at a private address, which webhooks_private: false forbids: it gets no alerts'

/** Chat services by their hosts, and the format that they take. */
const CHATS: readonly (readonly [host: RegExp, format: string])[] = [
  [/^hooks\.slack(?:-gov)?\.com$/, 'slack'],
  [/^(?:\w+\.)?discord(?:app)?\.com$/, 'discord'],
  [/^api\.telegram\.org$/, 'telegram'],
  [/\.(?:webhook\.office\.com|logic\.azure\.com|api\.powerplatform\.com)$/, 'teams'],
]

/**
 * Warns of webhooks that use plain http, are in a private network, or have a format that their service does not take.
 * Names are not resolved, and no message shows a webhook's URL: it may contain a secret.
 * @param file the file from which `config` was loaded
 */
export function webhookWarnings(file: string, { tenants }: Pick<Config, 'tenants'>): readonly Fault[] {
  const found = tenants.flatMap(({ webhooks }, tenant) =>
    webhooks.flatMap(({ url, isPrivateAllowed, format }, webhook) => {
      const { protocol, hostname } = new URL(url.reveal())
      const messages = [
        ...(protocol === 'http:' ? [PLAIN] : []),
        ...(isPrivateHost(hostname) ? [isPrivateAllowed ? PRIVATE : REFUSED] : []),
        ...formatWarnings(hostname, format.kind),
      ]
      const path = ['tenants', tenant, 'webhooks', webhook, 'url']
      return messages.map(message => ({ path, message }))
    }),
  )
  return locatedIn(file, found)
}

function formatWarnings(hostname: string, format: string): readonly string[] {
  const taken = CHATS.find(([host]) => host.test(hostname))?.[1]
  return taken === undefined || taken === format
    ? []
    : [`is at a service that takes format: ${taken}, not format: ${format}: it would refuse the alerts`]
}
