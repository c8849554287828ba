import type { Config } from '../config/config.ts'
import type { Fault } from '../config/fault.ts'
import { locatedIn } from '../config/located.ts'
import { isPrivateHost } from './private-host.ts'

const MAILS =
  'sends mails, and the password, without TLS to a host that is not local: anybody on the path can read them; use starttls or implicit'
const STATS =
  'publishes without TLS to a host that is not local: anybody on the path can read the stats; remove tls: false'

/**
 * Warns of servers of the operator that are reached without TLS although they are not in the operator's own network.
 * @param file the file from which `config` was loaded
 */
export function plainWarnings(
  file: string,
  { smtp, publish }: Pick<Config, 'smtp' | 'publish'>,
): readonly Fault[] {
  const isMailOpen = smtp?.tls === 'none' && !isPrivateHost(smtp.host.toLowerCase())
  const isPublishOpen = publish?.isTls === false && !isPrivateHost(publish.host.toLowerCase())
  return locatedIn(file, [
    ...(isMailOpen ? [{ path: ['smtp', 'tls'], message: MAILS }] : []),
    ...(isPublishOpen ? [{ path: ['publish', 'pusher', 'tls'], message: STATS }] : []),
  ])
}
