import type { AlertKind } from '../../accounting/alert.ts'
import type { Calendar } from '../../accounting/calendar.ts'
import type { TenantId } from '../../accounting/ids.ts'
import type { Service } from '../../accounting/reading.ts'
import type { Hour } from './hours.ts'

interface Filters {
  readonly tenant: TenantId
  readonly user: string | undefined
  readonly router: string | undefined
  readonly service: Service | undefined
}

/** A question about one tenant. `after` is where the previous page ended. */
export type Question =
  | (Filters & {
      readonly kind: 'daily'
      readonly by: 'day' | 'month' | 'user' | 'router' | 'service'
      /** Days, both included; `undefined`: no limit. */
      readonly from: string | undefined
      readonly to: string | undefined
      /** `most`: those that used the most come first, which changes with every commit. */
      readonly order: 'key' | 'most'
      /** Only rows whose day, month or name comes after this one. */
      readonly after: string | undefined
    })
  | (Filters & { readonly kind: 'hours'; readonly hours: readonly Hour[]; readonly endMs: number })
  | (Filters & {
      readonly kind: 'sessions'
      readonly status: 'active' | 'ended' | undefined
      /** Sessions that were open at or after the first instant, and before the second. */
      readonly openFrom: Date
      readonly openBefore: Date
      readonly order: 'newest'
      /** Only those that come after this one in that order. */
      readonly after: { readonly startTime: string; readonly id: string } | undefined
    })
  | {
      readonly kind: 'alerts'
      readonly tenant: TenantId
      readonly rule: string | undefined
      readonly alertKind: AlertKind | undefined
      readonly subject: string | undefined
      /** Only those before this one's id. */
      readonly after: string | undefined
    }

/** A value of a row: bytes are bigints, instants are ISO 8601. */
export type Value = string | bigint | null
export type Row = readonly Value[]

export interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
}

export interface Lines {
  readonly columns: readonly string[]
  /** Of CSV, some at a time; to be read, or returned from. */
  readonly lines: AsyncGenerator<string, void>
}

/** A port: reads the tables. Each method rejects with a failure if they cannot be read, or the signal aborts. */
export interface UsageSource {
  page(question: Question, limit: number, signal: AbortSignal): Promise<Table>
  /**
   * All rows, or the first `limit`, as lines of CSV, without the line of column names, from one snapshot of the tables.
   * A connection is held until all are read, or the signal aborts.
   */
  all(question: Question, limit: number | undefined, signal: AbortSignal): Promise<Lines>
}

/** A port: a copy of the tables that may lag behind. */
export interface Replica {
  /** Whether it answers. */
  readonly isUp: boolean
  /** How much older its rows are at most; `undefined`: not known yet. */
  readonly lagMs: number | undefined
}

/** A port: the tenants of the config, and their calendars. */
export interface Calendars {
  tenants(): readonly TenantId[]
  calendar(tenant: TenantId): Calendar | undefined
}
