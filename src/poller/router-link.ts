import type { MissingMenu, Reading, Service } from '../accounting/reading.ts'
import { type Failure, isFailure } from '../runtime/failure.ts'
import type { BudgetUse } from './health.ts'

/** A connection to a router that is logged in. */
export interface RouterLink {
  readonly identity: string
  readonly version: string
  readonly notices: readonly string[]
  /** As the last read found them. */
  readonly missingMenus: readonly MissingMenu[]
  /** Rejects with what ended the connection, and never resolves. */
  readonly ended: Promise<never>
  /** `undefined` where the router does not have the service. Rejects with a `Failure`. */
  read(service: Service): Promise<Reading | undefined>
  /** The most that it used of one of its byte budgets since this was last asked for. */
  takeBudgetUse(): BudgetUse
  close(): void
}

type Outcome =
  | { readonly kind: 'read'; readonly reading: Reading | undefined }
  | { readonly kind: 'failed'; readonly failure: Failure }

/** What a service's read came to; anything but a failure is thrown. */
export async function outcomeOf(link: RouterLink, service: Service): Promise<Outcome> {
  try {
    return { kind: 'read', reading: await link.read(service) }
  } catch (error) {
    if (!isFailure(error)) throw error
    return { kind: 'failed', failure: error }
  }
}
