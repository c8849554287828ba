import { sql } from 'drizzle-orm'
import { index, integer, jsonb, pgTable, text, unique, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { bytes, instant, tenants } from './schema.ts'

/* The tables of alerts; their names are promises to users, as all tables'. */

/** What was to be told once: the key is what makes it once, whoever finds it and however often. */
export const alerts = pgTable(
  'alerts',
  {
    id: bytes('id').primaryKey().generatedAlwaysAsIdentity(),
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    /** What users know it by: the tenant's own, so that none learns how many others have. */
    number: bytes('number').notNull(),
    rule: text('rule').notNull(),
    kind: text('kind', {
      enum: ['usage', 'router_offline', 'session_stalled', 'session_uncounted', 'more'],
    }).notNull(),
    scope: text('scope', { enum: ['user', 'router', 'tenant'] }).notNull(),
    subject: text('subject').notNull(),
    /** The tenant's month or day; of an outage the instant of its begin. */
    period: text('period').notNull(),
    firedAt: instant('fired_at').notNull().defaultNow(),
    /** Of an outage that is over. */
    endedAt: instant('ended_at'),
    /** By it each daemon finds what another one wrote. */
    changedAt: instant('changed_at').notNull().defaultNow(),
    detail: jsonb('detail').notNull(),
  },
  table => [
    unique('alerts_number').on(table.tenantId, table.number),
    unique('alerts_once').on(table.tenantId, table.rule, table.scope, table.subject, table.period),
    // Two daemons may tell an outage's begin differently, and it is one all the same.
    uniqueIndex('alerts_open_outage')
      .on(table.tenantId, table.rule, table.subject)
      .where(sql`kind = 'router_offline' and ended_at is null`),
    index('alerts_changed').on(table.changedAt),
  ],
)

/** What a webhook is to be told; written together with what it tells of, so that neither is there without the other. */
export const alertDeliveries = pgTable(
  'alert_deliveries',
  {
    /** The same at each attempt: whoever gets it twice knows it by this. */
    id: uuid('id').primaryKey().defaultRandom(),
    /** The order in which a webhook hears of things. */
    position: bytes('position').notNull().generatedAlwaysAsIdentity(),
    alertId: bytes('alert_id')
      .notNull()
      .references(() => alerts.id, { onDelete: 'cascade' }),
    tenantId: text('tenant_id').notNull(),
    /** Its id in the config, which alone has its address. */
    webhook: text('webhook').notNull(),
    event: text('event', { enum: ['fired', 'ended'] }).notNull(),
    status: text('status', { enum: ['pending', 'delivered', 'dead'] })
      .notNull()
      .default('pending'),
    attempts: integer('attempts').notNull().default(0),
    /** From when on somebody may try. */
    nextAttemptAt: instant('next_attempt_at').notNull().defaultNow(),
    lastError: text('last_error'),
    /** When it was delivered, or given up. */
    settledAt: instant('settled_at'),
  },
  table => [
    unique('alert_deliveries_once').on(table.alertId, table.webhook, table.event),
    // Of each webhook the first one. Without what an attempt changes.
    index('alert_deliveries_pending')
      .on(table.tenantId, table.webhook, table.position)
      .where(sql`status = 'pending'`),
  ],
)
