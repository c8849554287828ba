import type { Config } from '../config/config.ts'
import type { Fault } from '../config/fault.ts'
import { locatedIn } from '../config/located.ts'
import { isPrivateHost } from './private-host.ts'

const MAILS =
  'sends mails, and the password, without TLS to a host that is not local: anybody on the path can read them; use starttls or implicit'

/**
 * Warns of a mail server that is reached without TLS although it is not in the operator's own network.
 * @param file the file from which `config` was loaded
 */
export function plainWarnings(file: string, { smtp }: Pick<Config, 'smtp'>): readonly Fault[] {
  const isMailOpen = smtp?.tls === 'none' && !isPrivateHost(smtp.host.toLowerCase())
  return locatedIn(file, [...(isMailOpen ? [{ path: ['smtp', 'tls'], message: MAILS }] : [])])
}
