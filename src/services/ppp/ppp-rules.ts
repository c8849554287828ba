import type { ServiceRules } from '../../accounting/reading.ts'

/**
 * A session is identified by its user, session-id and caller-id, and keeps all three (docs/accounting.md rule 1).
 */
export const PPP_RULES: ServiceRules = {
  identityKey: ({ username, routerSessionId, callerId }) =>
    `${username}\0${routerSessionId ?? ''}\0${callerId ?? ''}`,
  deviceKey: () => undefined,
}
