import type { ServiceRules } from '../../accounting/reading.ts'

/**
 * A login is identified by its server, user, MAC and address. A device may get another address while it stays logged in
 * (docs/accounting.md rules 1 and 22).
 */
export const HOTSPOT_RULES: ServiceRules = {
  identityKey: ({ server, username, macAddress, ipAddress }) =>
    `${server ?? ''}\0${username}\0${macAddress ?? ''}\0${ipAddress ?? ''}`,
  deviceKey: ({ server, macAddress }) =>
    macAddress === undefined ? undefined : `${server ?? ''}\0${macAddress}`,
}
