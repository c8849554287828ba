import { addSums, NO_SUM } from '../../accounting/bytes.ts'
import type { LedgerEvent } from '../../accounting/entry.ts'
import { type RouterKey, routerKey } from '../../accounting/ids.ts'
import { namesADay, OTHERS, type OthersShare } from '../../accounting/limits/others.ts'
import type { RouterCommit, RouterRef } from '../../recording/ports.ts'
import type { Column } from '../pg/binary-array.ts'
import { rowKey } from '../pg/row-key.ts'
import type { Naming, Scope } from '../pg/scope.ts'
import { storableLimit } from '../pg/storable.ts'
import { runUnnest } from '../pg/unnest.ts'
import type { CommitResult } from './decide-outcome.ts'
import { INSERT_EVENTS } from './router-statements.ts'

/*
 * Rows of `usage_daily` are kept for good, so a router may add only a limited number of names a day (`namesADay`). Bytes
 * of further names go to the row `(others)`, and all sums stay the same. This is decided when the rows are made, within
 * the transaction, while the router is locked. So a commit that is repeated, or replayed from a journal, decides again
 * only if nothing of it was written. `tenant_usage_daily` has the number of names of a router and day, by service, so
 * nothing has to be counted.
 */

const DAY = 'tenant_id, day, router_id'

/**
 * SQL that finds the name for each row of `wanted`, which has tenant_id, day, router_id, service, username, most_names,
 * upload and download, one row for each day of a subscriber. The result is `named`, with `name` and:
 *
 *     is_known     the name has a row
 *     has_room     the name gets a row
 *     is_beyond    the name gets no row, and goes to `(others)`
 *     had_others   whether a name of that router and day went to `(others)` before
 */
export function namedDays(tenants: Naming): string {
  return `used as (
      select ${DAY}, coalesce(sum(t.names), 0) as names, coalesce(bool_or(t.has_others), false) as had_others
      from (select distinct ${DAY} from wanted) as w
      left join ${tenants.rowsOf('tik.tenant_usage_daily')} as t using (${DAY}) group by ${DAY}
    ), known as (
      select w.*, u.username is not null as is_known, u.username is null and w.username <> '${OTHERS}' as is_new
      from wanted as w left join ${tenants.rowsOf('tik.usage_daily')} as u using (${DAY}, service, username)
    ), placed as (
      select *, row_number() over (partition by ${DAY}, is_new order by service, username) as place from known
    ), named as materialized (
      select p.*, s.had_others, p.is_new and s.names + p.place <= p.most_names as has_room,
        p.is_new and s.names + p.place > p.most_names as is_beyond,
        case when p.is_new and s.names + p.place > p.most_names then '${OTHERS}' else p.username end as name
      from placed as p join used as s using (${DAY})
    )`
}

export function mostNamesColumn<Row>(of: (row: Row) => number): Column<Row> {
  return { name: 'most_names', type: 'int8', of: row => storableLimit(of(row)) }
}

/** The part of an `on conflict … do update set` on `tenant_usage_daily as t`. */
export const ADD_NAMES = 'names = t.names + excluded.names, has_others = t.has_others or excluded.has_others'

/** A router's day, as a statement over `named` returns it. */
export interface NamedDay {
  readonly tenant_id: string
  readonly router_id: string
  readonly day: string
  /** The number of subscribers. */
  readonly subscribers: number
  readonly is_first: boolean
  readonly upload: string
  readonly download: string
}

/** SQL that selects `NamedDay`s. @param which condition on rows of `named` */
export function selectNamedDays(which: string): string {
  return `select tenant_id, router_id, day::text, count(*)::int as subscribers,
      bool_or(is_beyond and not had_others) as is_first,
      coalesce(sum(upload) filter (where is_beyond), 0)::text as upload,
      coalesce(sum(download) filter (where is_beyond), 0)::text as download
    from named where ${which} group by tenant_id, router_id, day`
}

/** Adds up what went to `(others)`, by router and day. Each statement returns only its own part. */
function othersOf(days: readonly NamedDay[]): ReadonlyMap<RouterKey, ReadonlyMap<string, OthersShare>> {
  const others = new Map<RouterKey, Map<string, OthersShare>>()
  for (const { tenant_id, router_id, day, is_first, upload, download } of days) {
    const bytes = { upload: BigInt(upload), download: BigInt(download) }
    if (bytes.upload + bytes.download === 0n) continue
    const key = rowKey(tenant_id, router_id)
    const shares = others.get(key) ?? new Map<string, OthersShare>()
    const before = shares.get(day)
    const isFirst = is_first || before?.isFirst === true
    others.set(key, shares.set(day, { day, isFirst, bytes: addSums(before?.bytes ?? NO_SUM, bytes) }))
  }
  return others
}

/**
 * Records an event for each router and day that has names beyond the budget for the first time, in the transaction that
 * wrote them.
 * @returns the outcomes, with what went to `(others)`
 */
export async function recordOthers(
  scope: Scope,
  outcomes: CommitResult,
  commits: readonly RouterCommit[],
  days: readonly NamedDay[],
  at: Date,
): Promise<CommitResult> {
  const others = othersOf(days)
  if (others.size === 0) return outcomes
  const withOthers = new Map(outcomes)
  const events: (RouterRef & { readonly event: LedgerEvent })[] = []
  for (const { tenant, router, limits } of commits) {
    const key = routerKey(tenant, router)
    const shares = [...(others.get(key)?.values() ?? [])]
    const outcome = outcomes.get(key)
    if (shares.length === 0 || outcome?.kind !== 'committed') continue
    withOthers.set(key, { ...outcome, others: shares })
    for (const { day, isFirst } of shares)
      if (isFirst)
        events.push({
          tenant,
          router,
          event: { kind: 'others', at, detail: { day, names: namesADay(limits) } },
        })
  }
  await runUnnest(scope, INSERT_EVENTS, events)
  return withOthers
}
