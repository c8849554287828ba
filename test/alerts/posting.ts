import { tenantId } from '../../src/accounting/ids.ts'
import { Sender } from '../../src/alerts/sender.ts'
import { Webhooks } from '../../src/alerts/webhooks.ts'
import { type Clock, systemClock } from '../../src/runtime/clock.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import { DeliveryStore, type Settlement } from '../../src/store/alerts/delivery-store.ts'
import { Database } from '../../src/store/pg/database.ts'

export interface PostingOptions {
  readonly databaseUrl: string
  /** Of the endpoint, with a slash; each webhook has a path of its own name. */
  readonly endpoint: string
  readonly webhooks: readonly string[]
  readonly tenant: string
  /** How long a delivery is a daemon's own; a post has half of it. Where neither may run out, more than a busy machine takes. */
  readonly claimMs: number
}

/** What a post has, unless told. */
const POST_MS = 10_000

/** What a daemon does about webhooks, in haste: what was not taken is due again at once. @returns how to stop */
export function post(options: PostingOptions): () => Promise<void> {
  const { databaseUrl, endpoint, webhooks, tenant, claimMs } = options
  const log = createLogger('silent')
  const database = new Database({ url: databaseUrl, log, applicationName: 'webhooks', connections: 4 })
  const store = new DeliveryStore({ database, claimMs })
  const hasty = (how: Settlement): Settlement => (how.kind === 'retry' ? { ...how, afterMs: 0 } : how)
  const posting = new Webhooks({
    store: {
      claim: (refs, most) => store.claim(refs, most),
      settle: (delivery, how) => store.settle(delivery, hasty(how)),
      bury: (tenants, refs) => store.bury(tenants, refs),
    },
    sender: new Sender({ version: '0.1.0', clock: slowedBy(claimMs / 2 / POST_MS) }),
    random: Math.random,
    observer: { delivery: () => {} },
    ...{ clock: slowedBy(0.05), log },
  })
  const hidden = (text: string) => ({ reveal: () => text })
  const hooks = webhooks.map(id => ({
    ...{
      id,
      isPrivateAllowed: true,
      url: hidden(`${endpoint}${id}`),
      secret: hidden('a secret of twenty-four bytes or more'),
    },
  }))
  posting.setWebhooks([{ id: tenantId(tenant), webhooks: hooks }])
  const ending = new AbortController()
  const running = posting.run(ending.signal)
  return async () => {
    ending.abort()
    await running
    await database.stop()
  }
}

/** A clock by which whoever sleeps sleeps so many times as long. */
function slowedBy(factor: number): Clock {
  return { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms * factor, signal) }
}
