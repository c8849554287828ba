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

/** What can be asked for of one tenant; `after` is where the page before ended. */
export type Question =
  | (Filters & {
      readonly kind: 'daily'
      readonly by: 'day' | 'month' | 'user' | 'router' | 'service'
      /** Days, the last one included; absent: however early or late. */
      readonly from: string | undefined
      readonly to: string | undefined
      readonly order: 'key' | 'most'
      readonly after: string | undefined
    })
  | (Filters & { readonly kind: 'hours'; readonly hours: readonly Hour[]; readonly endMs: number })
  | (Filters & {
      readonly kind: 'sessions'
      readonly status: 'active' | 'ended' | undefined
      /** Those that were open at or after this instant, and before that one. */
      readonly openFrom: Date
      readonly openBefore: Date
      readonly order: 'newest'
      readonly after: { readonly startTime: string; readonly id: string } | undefined
    })
  | {
      readonly kind: 'alerts'
      readonly tenant: TenantId
      readonly rule: string | undefined
      readonly alertKind: AlertKind | undefined
      readonly subject: string | undefined
      readonly after: string | undefined
    }

/** Bytes are bigints, whatever they add up to; instants ISO 8601. */
export type Value = string | bigint | null
export type Row = readonly Value[]

/** A port: what the tables have. Each rejects with a failure where they can't be asked, or the signal aborts. */
export interface UsageSource {
  page(
    question: Question,
    limit: number,
    signal: AbortSignal,
  ): Promise<{ readonly columns: readonly string[]; readonly rows: readonly Row[] }>
  /** All rows, or so many, as lines of CSV and as they were at one moment; the first line, with the columns' names, is not among them. Something is held until they are read, or the signal aborts. */
  all(
    question: Question,
    limit: number | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly columns: readonly string[]; readonly lines: AsyncIterable<string> }>
}

/** A port: the tenants of the config, and their days. */
export interface Calendars {
  tenants(): readonly TenantId[]
  calendar(tenant: TenantId): Calendar | undefined
}
