import { sql } from 'drizzle-orm'
import { check, date, jsonb, text, unique } from 'drizzle-orm/pg-core'
import { bytes, instant, tik } from './columns.ts'

/**
 * Operators' decisions about bytes that were not counted. Rows are only added: a trigger refuses everything else. They are
 * never deleted, and outlive their events and sessions, so each has a copy of what it needs of those.
 */
export const eventDecisions = tik.table(
  'event_decisions',
  {
    /** In the order of the commits, because a lock is held from the insert to the commit. */
    id: bytes('id').primaryKey().generatedAlwaysAsIdentity(),
    eventId: bytes('event_id').notNull(),
    tenantId: text('tenant_id').notNull(),
    routerId: text('router_id').notNull(),
    /** The event's time, kind and detail. */
    at: instant('at').notNull(),
    kind: text('kind').notNull(),
    detail: jsonb('detail').notNull(),
    decision: text('decision', { enum: ['accepted', 'rejected'] }).notNull(),
    upload: bytes('upload').notNull(),
    download: bytes('download').notNull(),
    /** The tenant's day and the subscriber that have the bytes now; null if they were rejected. */
    day: date('day'),
    username: text('username'),
    reason: text('reason').notNull(),
    decidedBy: text('decided_by').notNull(),
    decidedAt: instant('decided_at').notNull().defaultNow(),
  },
  table => [
    unique('event_decisions_once').on(table.eventId),
    check('event_decisions_decision_check', sql`${table.decision} in ('accepted', 'rejected')`),
    check(
      'event_decisions_bytes_check',
      sql`(${table.decision} = 'accepted') = (${table.day} is not null and ${table.username} is not null)`,
    ),
  ],
)
