import type { ClientBase } from 'pg'
import { addSums, NO_SUM } from '../../accounting/bytes.ts'
import type { LedgerEvent } from '../../accounting/entry.ts'
import { type RouterKey, routerKey } from '../../accounting/ids.ts'
import { namesADay, OTHERS, type OthersShare } from '../../accounting/limits/others.ts'
import type { RouterCommit, RouterRef } from '../../recording/ports.ts'
import type { Column } from '../pg/binary-array.ts'
import { rowKey } from '../pg/row-key.ts'
import { storableLimit } from '../pg/storable.ts'
import { runUnnest } from '../pg/unnest.ts'
import type { CommitResult } from './outcome.ts'
import { INSERT_EVENTS } from './router-statements.ts'

/*
 * Rows of `usage_daily` are kept for good, so a router may add only so many names a day (`namesADay`); what is counted
 * for others goes to the row `(others)`, and all sums stay what they are. It is decided where the rows are made: within
 * the transaction, the router being locked. So a commit that is tried again, or replayed from a journal, decides anew
 * only where nothing of it was written. How many names a router has on a day is in `tenant_usage_daily`, service by
 * service: nothing has to be counted.
 */

const DAY = 'tenant_id, day, router_id'

/**
 * SQL of what becomes of `wanted`, which has one row of tenant_id, day, router_id, service, username, most_names,
 * upload and download for each day of a subscriber. Gives `named` with their rows, by the `name` they go under:
 *
 *     is_known     the name has its row
 *     has_room     it gets one
 *     is_beyond    it gets none, and goes under `(others)`
 *     had_others   whether there was one beyond of that router and day before
 */
export const NAMED = `standing as (
      select ${DAY}, coalesce(sum(t.names), 0) as names, coalesce(bool_or(t.has_others), false) as had_others
      from (select distinct ${DAY} from wanted) as w left join tenant_usage_daily as t using (${DAY}) group by ${DAY}
    ), known as (
      select w.*, u.username is not null as is_known, u.username is null and w.username <> '${OTHERS}' as is_new
      from wanted as w left join usage_daily as u using (${DAY}, service, username)
    ), placed as (
      select *, row_number() over (partition by ${DAY}, is_new order by service, username) as place from known
    ), named as materialized (
      select p.*, s.had_others, p.is_new and s.names + p.place <= p.most_names as has_room,
        p.is_new and s.names + p.place > p.most_names as is_beyond,
        case when p.is_new and s.names + p.place > p.most_names then '${OTHERS}' else p.username end as name
      from placed as p join standing as s using (${DAY})
    )`

export function mostNamesColumn<Row>(of: (row: Row) => number): Column<Row> {
  return { name: 'most_names', type: 'int8', of: row => storableLimit(of(row)) }
}

/** Of an `on conflict … do update set` of `tenant_usage_daily as t`. */
export const ADD_NAMES = 'names = t.names + excluded.names, has_others = t.has_others or excluded.has_others'

/** A router's day, as a statement over `named` tells of it. */
export interface NamedDay {
  readonly tenant_id: string
  readonly router_id: string
  readonly day: string
  /** Subscribers whose rows are told of. */
  readonly subscribers: number
  readonly is_first: boolean
  readonly upload: string
  readonly download: string
}

/** @param which of `named` are told of: a row for each router and day that has some */
export function selectNamedDays(which: string): string {
  return `select tenant_id, router_id, day::text, count(*)::int as subscribers,
      bool_or(is_beyond and not had_others) as is_first,
      coalesce(sum(upload) filter (where is_beyond), 0)::text as upload,
      coalesce(sum(download) filter (where is_beyond), 0)::text as download
    from named where ${which} group by tenant_id, router_id, day`
}

/** What went to `(others)`, by router and day. Each statement tells of its own part of them. */
function othersOf(days: readonly NamedDay[]): ReadonlyMap<RouterKey, ReadonlyMap<string, OthersShare>> {
  const others = new Map<RouterKey, Map<string, OthersShare>>()
  for (const { tenant_id, router_id, day, is_first, upload, download } of days) {
    const bytes = { upload: BigInt(upload), download: BigInt(download) }
    if (bytes.upload + bytes.download === 0n) continue
    const key = rowKey(tenant_id, router_id)
    const its = others.get(key) ?? new Map<string, OthersShare>()
    const before = its.get(day)
    const isFirst = is_first || before?.isFirst === true
    others.set(key, its.set(day, { day, isFirst, bytes: addSums(before?.bytes ?? NO_SUM, bytes) }))
  }
  return others
}

/**
 * Makes an event of each router and day that has names beyond the budget for the first time, in the transaction that
 * wrote them.
 * @returns the outcomes, with what went to `(others)`
 */
export async function recordOthers(
  client: ClientBase,
  outcomes: CommitResult,
  commits: readonly RouterCommit[],
  days: readonly NamedDay[],
  at: Date,
): Promise<CommitResult> {
  const others = othersOf(days)
  if (others.size === 0) return outcomes
  const told = new Map(outcomes)
  const events: (RouterRef & { readonly event: LedgerEvent })[] = []
  for (const { tenant, router, limits } of commits) {
    const key = routerKey(tenant, router)
    const shares = [...(others.get(key)?.values() ?? [])]
    const outcome = outcomes.get(key)
    if (shares.length === 0 || outcome?.kind !== 'committed') continue
    told.set(key, { ...outcome, others: shares })
    for (const { day, isFirst } of shares)
      if (isFirst)
        events.push({
          tenant,
          router,
          event: { kind: 'others', at, detail: { day, names: namesADay(limits) } },
        })
  }
  await runUnnest(client, INSERT_EVENTS, events)
  return told
}
