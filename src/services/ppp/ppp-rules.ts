import type { ServiceRules } from '../../accounting/reading.ts'

/**
 * A session is known by its user, session-id and caller-id (docs/accounting.md rule 1). It keeps all three for as long
 * as it is up.
 */
export const PPP_RULES: ServiceRules = {
  identityKey: ({ username, routerSessionId, callerId }) =>
    `${username}\0${routerSessionId ?? ''}\0${callerId ?? ''}`,
  deviceKey: () => undefined,
}
