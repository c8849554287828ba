import type { TenantId } from '../accounting/ids.ts'
import type { WebhookRef } from './delivery.ts'
import type { Format } from './formats.ts'
import type { NamedTenant } from './wording/wording.ts'

/** A tenant of the config, and where its alerts go. */
export interface HookedTenant extends NamedTenant {
  readonly id: TenantId
  readonly webhooks: readonly Webhook[]
  readonly mails: readonly MailList[]
}

/** `url` and `secret` are never logged. */
export interface Webhook {
  /** Unique among the tenant's webhooks and mails. */
  readonly id: string
  readonly url: Hidden
  /** The key that messages are signed with; chat services check no signature. */
  readonly secret: Hidden | undefined
  readonly format: Format
  /** Whether the host may have an address that is not public. */
  readonly isPrivateAllowed: boolean
}

/** People who get a mail, one for all of them. */
export interface MailList {
  readonly id: string
  readonly to: readonly string[]
}

interface Hidden {
  reveal(): string
}

export type Recipient =
  | ({ readonly kind: 'webhook' } & Omit<Webhook, 'id'>)
  | ({ readonly kind: 'mail' } & Omit<MailList, 'id'>)

/** A recipient in the table of deliveries, which calls each a webhook. */
export interface Target extends WebhookRef {
  readonly recipient: Recipient
  readonly named: NamedTenant
}

/** How a message is sent, for metrics. */
export type Way = Format['kind'] | 'mail'

export function wayOf(recipient: Recipient): Way {
  return recipient.kind === 'mail' ? 'mail' : recipient.format.kind
}

export function targetsOf(tenants: readonly HookedTenant[]): readonly Target[] {
  return tenants.flatMap(({ id: tenant, name, timezone, webhooks, mails }) => {
    const shared = { tenant, named: { name, timezone } }
    return [
      ...webhooks.map(({ id: webhook, ...rest }) => ({
        ...{ ...shared, webhook, recipient: { kind: 'webhook', ...rest } as const },
      })),
      ...mails.map(({ id: webhook, to }) => ({
        ...{ ...shared, webhook, recipient: { kind: 'mail', to } as const },
      })),
    ]
  })
}
