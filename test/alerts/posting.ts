import { tenantId } from '../../src/accounting/ids.ts'
import { Courier } from '../../src/alerts/courier.ts'
import type { Verdict } from '../../src/alerts/delivery.ts'
import { Mailer } from '../../src/alerts/mail/mailer.ts'
import { Webhooks } from '../../src/alerts/webhooks.ts'
import { type Clock, systemClock } from '../../src/runtime/clock.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import { Sender } from '../../src/runtime/post/sender.ts'
import { DeliveryStore } from '../../src/store/alerts/delivery-store.ts'
import { Database } from '../../src/store/pg/database.ts'
import { rethrow } from '../runtime/rethrow.ts'

export interface PostingOptions {
  readonly databaseUrl: string
  /** URL of the endpoint, with a slash; each webhook's path is its name. */
  readonly endpoint: string
  readonly webhooks: readonly string[]
  readonly tenant: string
  /** How long a delivery stays claimed; a post has half of it. Tests in which it must not run out use a long time. */
  readonly claimMs: number
}

/** How long a post takes by default. */
const POST_MS = 10_000

/** Runs a daemon's webhooks without rests: a refused delivery is due again at once. @returns a function to stop it */
export function post(options: PostingOptions): () => Promise<void> {
  const { databaseUrl, endpoint, webhooks, tenant, claimMs } = options
  const log = createLogger('silent')
  const database = new Database({ url: databaseUrl, log, applicationName: 'webhooks', connections: 4 })
  const store = new DeliveryStore({ database, claimMs })
  const hasty = (how: Verdict): Verdict => (how.kind === 'retry' ? { ...how, afterMs: 0 } : how)
  const posting = new Webhooks({
    store: {
      claim: (refs, most) => store.claim(refs, most),
      settle: (delivery, how) => store.settle(delivery, hasty(how)),
      bury: (tenants, refs) => store.bury(tenants, refs),
    },
    courier: new Courier({
      sender: new Sender({ version: '0.1.0', clock: slowedBy(claimMs / 2 / POST_MS) }),
      mailer: new Mailer({ clock: systemClock, log }),
      clock: systemClock,
    }),
    random: Math.random,
    observer: { delivery: () => {} },
    ...{ clock: slowedBy(0.05), log },
    onBug: rethrow,
  })
  const hidden = (text: string) => ({ reveal: () => text })
  const hooks = webhooks.map(id => ({
    ...{
      id,
      isPrivateAllowed: true,
      format: { kind: 'json' } as const,
      url: hidden(`${endpoint}${id}`),
      secret: hidden('a secret of twenty-four bytes or more'),
    },
  }))
  posting.setWebhooks([{ id: tenantId(tenant), name: tenant, timezone: 'UTC', webhooks: hooks, mails: [] }])
  posting.start()
  return async () => {
    await posting.stop()
    await database.stop()
  }
}

/** A clock whose sleeps take this many times as long. */
function slowedBy(factor: number): Clock {
  return { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms * factor, signal) }
}
