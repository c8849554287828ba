import type { MissingMenu, Reading, Service } from '../accounting/reading.ts'
import { type Failure, isFailure } from '../runtime/failure.ts'

/** The peak use of one of a router's byte budgets, in bytes. */
export interface BudgetUse {
  readonly usedBytes: number
  readonly mostBytes: number
}

/** A connection to a router, logged in. */
export interface RouterLink {
  readonly identity: string
  readonly version: string
  readonly notices: readonly string[]
  /** As of the last read. */
  readonly missingMenus: readonly MissingMenu[]
  /** Rejects with the reason when the connection ends; never resolves. */
  readonly ended: Promise<never>
  /** Resolves to `undefined` if the router does not have the service. Rejects with a `Failure`. */
  read(service: Service): Promise<Reading | undefined>
  /** The peak use of one of its byte budgets since the last call. */
  takeBudgetUse(): BudgetUse
  close(): void
}

type ReadOutcome =
  | { readonly kind: 'read'; readonly reading: Reading | undefined }
  | { readonly kind: 'failed'; readonly failure: Failure }

/** Reads a service. Throws only errors that are not a `Failure`. */
export async function outcomeOf(link: RouterLink, service: Service): Promise<ReadOutcome> {
  try {
    return { kind: 'read', reading: await link.read(service) }
  } catch (error) {
    if (!isFailure(error)) throw error
    return { kind: 'failed', failure: error }
  }
}
