import { addBytes, type Bytes } from '../../accounting/bytes.ts'
import type { LedgerEvent } from '../../accounting/entry.ts'
import type { RouterCommit } from '../../recording/ports.ts'
import type { Column } from '../pg/binary-array.ts'
import type { Scope } from '../pg/scope.ts'
import { storableJson } from '../pg/storable.ts'
import { namesOf, runUnnest, unnestStatement } from '../pg/unnest.ts'
import {
  eventKeyOf,
  keyOfRefused,
  type RefusedEntry,
  type RefusedSubject,
  setAsideEvent,
} from './refused-entry.ts'
import { INSERT_EVENTS } from './router-statements.ts'
import { writeAccepted } from './write-accepted.ts'

type Detail = LedgerEvent['detail']

/** An event that is in the database, with its new detail, and the entry that it is about. */
interface KnownEvent {
  readonly id: string
  readonly detail: Detail
  readonly entry: RefusedEntry
}

const DAY_MS = 86_400_000

const COLUMNS: readonly Column<KnownEvent>[] = [
  { name: 'id', type: 'int8', of: ({ id }) => Number(id) },
  { name: 'detail', type: 'jsonb', of: ({ detail }) => storableJson(detail) },
]

const SET_DETAILS = unnestStatement(
  'tikmeter_set_event_details',
  COLUMNS,
  (
    rows,
    tenants,
  ) => `update tik.ledger_events as e set detail = t.detail from ${rows} as t (${namesOf(COLUMNS)})
    where e.id = t.id${tenants.and('e.tenant_id')}`,
)

/** Sent only for a refused commit, and only for the time since which an event of its refused entries can exist. */
const FIND = {
  name: 'tikmeter_find_set_aside',
  text: `select id::text, detail from tik.ledger_events
    where tenant_id = $1 and router_id = $2 and kind = 'set_aside' and at >= $3
      and coalesce(detail ->> 'session_id', detail ->> 'name') = any($4::text[]) order by id`,
}

/**
 * Records what was refused, within the commit's transaction. There is one event for each session (or binding) and reason,
 * made by the first commit with it. Later commits add their bytes to it, so that the bytes of all events are what is
 * missing in the tables, as if there were an event for each commit. A binding has no start time, so it gets one event a day.
 * @returns what was refused for the first time
 */
export async function recordRefused(
  scope: Scope,
  commit: RouterCommit,
  refused: readonly RefusedEntry[],
  at: Date,
): Promise<readonly RefusedEntry[]> {
  const { tenant, router } = commit
  const events = await knownEvents(scope, commit, refused, at)
  const known = new Set(events.map(({ entry }) => entry))
  const fresh = refused.filter(entry => !known.has(entry))
  const unchanged = await writeAccepted(scope.client, events, part => runUnnest(scope, SET_DETAILS, part))
  const record = (entries: readonly RefusedEntry[], how: 'full' | 'bare') =>
    runUnnest(
      scope,
      INSERT_EVENTS,
      entries.map(entry => ({ tenant, router, event: setAsideEvent(entry, at, how) })),
    )
  const again = await writeAccepted(scope.client, fresh, part => record(part, 'full'))
  // Without the router's own texts, which may be what the database refuses in the event as well.
  await record([...again.map(({ entry }) => entry), ...unchanged.map(({ entry }) => entry.entry)], 'bare')
  return fresh
}

async function knownEvents(
  { client }: Scope,
  { tenant, router }: RouterCommit,
  refused: readonly RefusedEntry[],
  at: Date,
): Promise<readonly KnownEvent[]> {
  const subjects = refused.flatMap(({ subject }) => subject ?? [])
  if (subjects.length === 0) return []
  const sinceMs = subjects.reduce((least, it) => Math.min(least, begunMs(it, at)), at.getTime())
  const { rows } = await client.query<{ readonly id: string; readonly detail: Detail }>({
    ...FIND,
    values: [tenant, router, new Date(sinceMs), subjects.map(({ value }) => value)],
  })
  const byKey = new Map<string, (typeof rows)[number]>()
  // Reversed, so that the first event of each key remains.
  for (const row of rows.toReversed()) byKey.set(eventKeyOf(row.detail), row)
  return refused.flatMap(entry => {
    const key = keyOfRefused(entry)
    const event = key === undefined ? undefined : byKey.get(key)
    return event ? [{ id: event.id, detail: withMore(event.detail, entry, at), entry }] : []
  })
}

/** The earliest time of an event about a subject. A session's start may itself be what was refused. */
function begunMs({ sinceMs = Number.NaN }: RefusedSubject, at: Date): number {
  return Number.isFinite(sinceMs) ? Math.max(0, sinceMs) : at.getTime() - DAY_MS
}

/** Adds the bytes of one more commit to a detail, or replaces the counters of a binding. */
function withMore(detail: Detail, { facts, more }: RefusedEntry, at: Date): Detail {
  const times = numberOf(detail['times'] ?? 1) + 1
  const added =
    facts['entry'] === 'binding' ? facts : { ...facts, ...addBytes(bytesOf(detail), bytesOf(facts)) }
  const days = 'days' in detail ? { days: sumOfDays(detail['days'], more['days']) } : {}
  return { ...detail, ...added, ...days, times, last_at: at.toISOString() }
}

function sumOfDays(before: unknown, more: unknown): Readonly<Record<string, Bytes>> {
  const days = new Map(
    Object.entries(fieldsOf(before)).map(([day, bytes]) => [day, bytesOf(fieldsOf(bytes))]),
  )
  for (const [day, bytes] of Object.entries(fieldsOf(more))) {
    const [sum, added] = [days.get(day), bytesOf(fieldsOf(bytes))]
    days.set(day, sum ? addBytes(sum, added) : added)
  }
  return Object.fromEntries(days)
}

function bytesOf({ upload, download }: Detail): Bytes {
  return { upload: numberOf(upload), download: numberOf(download) }
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function fieldsOf(value: unknown): Detail {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
