import { isIP } from 'node:net'
import { isPrivateAddress } from '../runtime/private-address.ts'

/** Names that public DNS does not have. */
const LOCAL_NAME = /^[^.]+$|\.(?:localhost|local|internal|lan|home\.arpa)$/

/**
 * Whether a host is on this machine or in a private network, as far as its name or address says.
 * @param hostname in lower case; IPv6 may have brackets
 */
export function isPrivateHost(hostname: string): boolean {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
  return isIP(bare) === 0 ? LOCAL_NAME.test(bare) : isPrivateAddress(bare)
}
