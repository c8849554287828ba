import { sql } from 'drizzle-orm'
import { index, integer, jsonb, text, unique, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { bytes, instant, tik } from './columns.ts'
import { tenants } from './schema.ts'

/* The tables of alerts. Like those of all tables, their names are promises to users. */

/** Alerts, each of which fires once. The unique key ensures that, whichever daemon finds it and however often. */
export const alerts = tik.table(
  'alerts',
  {
    id: bytes('id').primaryKey().generatedAlwaysAsIdentity(),
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    /** The id that users see. It counts within the tenant, so that no tenant learns how many alerts others have. */
    number: bytes('number').notNull(),
    rule: text('rule').notNull(),
    kind: text('kind', {
      enum: ['usage', 'router_offline', 'session_stalled', 'session_uncounted', 'more'],
    }).notNull(),
    scope: text('scope', { enum: ['user', 'router', 'tenant'] }).notNull(),
    subject: text('subject').notNull(),
    /** The tenant's month or day; for an outage, the instant at which it began. */
    period: text('period').notNull(),
    firedAt: instant('fired_at').notNull().defaultNow(),
    /** The end of an outage. */
    endedAt: instant('ended_at'),
    /** For daemons to find what another one wrote. */
    changedAt: instant('changed_at').notNull().defaultNow(),
    detail: jsonb('detail').notNull(),
  },
  table => [
    unique('alerts_number').on(table.tenantId, table.number),
    unique('alerts_once').on(table.tenantId, table.rule, table.scope, table.subject, table.period),
    // Two daemons may see different begins of one outage.
    uniqueIndex('alerts_open_outage')
      .on(table.tenantId, table.rule, table.subject)
      .where(sql`kind = 'router_offline' and ended_at is null`),
    index('alerts_changed').on(table.changedAt),
  ],
)

/** Messages for webhooks. Each is written together with its alert, so that there is neither without the other. */
export const alertDeliveries = tik.table(
  'alert_deliveries',
  {
    /** The same for each attempt, so that a receiver recognizes a repeated message. */
    id: uuid('id').primaryKey().defaultRandom(),
    /** The order of the messages of a webhook. */
    position: bytes('position').notNull().generatedAlwaysAsIdentity(),
    alertId: bytes('alert_id')
      .notNull()
      .references(() => alerts.id, { onDelete: 'cascade' }),
    tenantId: text('tenant_id').notNull(),
    /** The webhook's id in the config. Its address is only there. */
    webhook: text('webhook').notNull(),
    event: text('event', { enum: ['fired', 'ended'] }).notNull(),
    status: text('status', { enum: ['pending', 'delivered', 'dead'] })
      .notNull()
      .default('pending'),
    attempts: integer('attempts').notNull().default(0),
    /** The earliest time of the next attempt. */
    nextAttemptAt: instant('next_attempt_at').notNull().defaultNow(),
    lastError: text('last_error'),
    /** When it was delivered, or given up. */
    settledAt: instant('settled_at'),
  },
  table => [
    unique('alert_deliveries_once').on(table.alertId, table.webhook, table.event),
    // For the first pending message of each webhook. It has no column that an attempt changes.
    index('alert_deliveries_pending')
      .on(table.tenantId, table.webhook, table.position)
      .where(sql`status = 'pending'`),
  ],
)
