import { sql } from 'drizzle-orm'
import {
  boolean,
  check,
  date,
  foreignKey,
  index,
  integer,
  jsonb,
  primaryKey,
  smallint,
  text,
  uuid,
} from 'drizzle-orm/pg-core'
import { bytes, instant, tik } from './columns.ts'

/*
 * The tables. Their names are promises to users. What drizzle cannot express (partitions, fill factors) is written into
 * the migrations by hand.
 *
 * Open sessions are updated all the time. An update stays heap-only, and cheap, as long as no index has a column that it
 * changes. So there is no index on counters, sums, `last_seen_at`, or anything else that changes while a session is open.
 */

const service = () => text('service').notNull()

/** The tenants of the config. Removed ones are kept and marked. */
export const tenants = tik.table('tenants', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  timezone: text('timezone').notNull(),
  removedAt: instant('removed_at'),
  /** The number of the tenant's last alert. */
  lastAlert: bytes('last_alert').notNull().default(0),
})

export const routers = tik.table(
  'routers',
  {
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    id: text('id').notNull(),
    name: text('name').notNull(),
    host: text('host').notNull(),
    removedAt: instant('removed_at'),
    /** Decisions committed so far. A commit whose answer never arrived is recognized by it. */
    position: bytes('position').notNull().default(0),
    /** The epoch of the lease under which the last commit was made. A position in the journal is only valid within its epoch. */
    committedEpoch: bytes('committed_epoch').notNull().default(0),
    lastReadingAt: instant('last_reading_at'),
  },
  table => [primaryKey({ columns: [table.tenantId, table.id] })],
)

/** The last reading of each service of a router. No index on columns that a reading changes. */
export const routerServices = tik.table(
  'router_services',
  {
    tenantId: text('tenant_id').notNull(),
    routerId: text('router_id').notNull(),
    service: service(),
    /** By the wall clock, and by the steady clock, which the boot and the logins use too. */
    readingAt: instant('reading_at').notNull(),
    steadyAt: instant('steady_at').notNull(),
    bootEarliestAt: instant('boot_earliest_at').notNull(),
    bootLatestAt: instant('boot_latest_at').notNull(),
    /** The router that answered, and the away ones before it: see `stored-device.ts`. */
    device: jsonb('device'),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.routerId, table.service] }),
    foreignKey({ columns: [table.tenantId, table.routerId], foreignColumns: [routers.tenantId, routers.id] }),
  ],
)

/** Which daemon reads a router, as long as it keeps renewing. No index on columns that taking and renewing change. */
export const routerLeases = tik.table(
  'router_leases',
  {
    tenantId: text('tenant_id').notNull(),
    routerId: text('router_id').notNull(),
    /** The daemon's id; null: no daemon has had it yet. */
    owner: text('owner'),
    /** Grows by one each time that it is taken, also by the same owner. */
    epoch: bytes('epoch').notNull().default(0),
    /** When others may take it. */
    expiresAt: instant('expires_at').notNull().default(sql`'-infinity'`),
    /** Whether it was released to the owner, which has not taken it yet. */
    isOffered: boolean('is_offered').notNull().default(false),
    /** The router's load, by which routers are spread over the daemons. */
    sessions: integer('sessions').notNull().default(0),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.routerId] }),
    index('router_leases_offered').on(table.owner).where(sql`is_offered`),
    foreignKey({ columns: [table.tenantId, table.routerId], foreignColumns: [routers.tenantId, routers.id] }),
  ],
)

export const userSessions = tik.table(
  'user_sessions',
  {
    id: uuid('id').primaryKey(),
    tenantId: text('tenant_id').notNull(),
    routerId: text('router_id').notNull(),
    service: service(),
    protocol: text('protocol').notNull(),
    /** The subscriber. */
    username: text('username').notNull(),
    /** The hotspot login's domain, if the router splits it off the name. */
    domain: text('domain'),
    macAddress: text('mac_address'),
    ipAddress: text('ip_address'),
    routerSessionId: text('router_session_id'),
    status: text('status', { enum: ['active', 'ended'] }).notNull(),
    startTime: instant('start_time').notNull(),
    lastSeenAt: instant('last_seen_at').notNull(),
    endTime: instant('end_time'),
    endReason: text('end_reason'),
    dataUpload: bytes('data_upload').notNull(),
    dataDownload: bytes('data_download').notNull(),
    dataUsed: bytes('data_used').generatedAlwaysAs(sql`data_upload + data_download`),
    server: text('server'),
    callerId: text('caller_id'),
    /** The static PPP server binding that the session is on. */
    binding: text('binding'),
    /** When a missed session was first missed; it may come back. */
    missedAt: instant('missed_at'),
    /** The router's counters up to which the session was counted; null if it never was. */
    counterUpload: bytes('counter_upload'),
    counterDownload: bytes('counter_download'),
    /** When the counters were last known, or since when they are owed if they never were; null: at the last reading. */
    countedSince: instant('counted_since'),
    /** Where counting will begin, as long as the counters were never known. */
    owedFrom: text('owed_from', { enum: ['login', 'baseline'] }),
    loginEarliestAt: instant('login_earliest_at').notNull(),
    loginLatestAt: instant('login_latest_at').notNull(),
    lastMovedAt: instant('last_moved_at').notNull(),
    /** What was reported of the session, as bits: see `reported.ts`. */
    reported: smallint('reported').notNull().default(0),
    /** Null for most sessions: see `stored-doubts.ts`. */
    doubts: jsonb('doubts'),
    /** The away router that the session was on; null if it did not end because another router answers at the address. */
    device: text('device'),
  },
  table => [
    foreignKey({ columns: [table.tenantId, table.routerId], foreignColumns: [routers.tenantId, routers.id] }),
    check('user_sessions_status_check', sql`${table.status} in ('active', 'ended')`),
    index('user_sessions_active').on(table.tenantId, table.routerId).where(sql`status = 'active'`),
    index('user_sessions_username').on(table.tenantId, table.username, table.startTime),
    index('user_sessions_start').on(table.tenantId, table.startTime, table.id),
    index('user_sessions_ended').on(table.endTime).where(sql`status = 'ended'`),
    // Few sessions: those that continue when their router is back.
    index('user_sessions_away').on(table.tenantId, table.routerId).where(sql`device is not null`),
  ],
)

/** Partitioned by week. */
export const sessionDeltas = tik.table(
  'session_deltas',
  {
    sessionId: uuid('session_id').notNull(),
    bucketStart: instant('bucket_start').notNull(),
    tenantId: text('tenant_id').notNull(),
    upload: bytes('upload').notNull(),
    download: bytes('download').notNull(),
  },
  table => [
    // Bucket first: commits write the newest bucket, whose part of the index is small and stays in memory.
    primaryKey({ columns: [table.bucketStart, table.sessionId] }),
    // For a tenant's hours, which would otherwise be searched among those of all tenants.
    index('session_deltas_tenant').on(table.tenantId, table.bucketStart),
  ],
)

export const usageDaily = tik.table(
  'usage_daily',
  {
    tenantId: text('tenant_id').notNull(),
    day: date('day').notNull(),
    routerId: text('router_id').notNull(),
    service: service(),
    username: text('username').notNull(),
    upload: bytes('upload').notNull(),
    download: bytes('download').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.day, table.routerId, table.service, table.username] }),
    // Without the day, so that commits use the key, where rows of one router and day are neighbours.
    index('usage_daily_username').on(table.tenantId, table.username),
  ],
)

export const tenantUsageDaily = tik.table(
  'tenant_usage_daily',
  {
    tenantId: text('tenant_id').notNull(),
    day: date('day').notNull(),
    routerId: text('router_id').notNull(),
    service: service(),
    upload: bytes('upload').notNull(),
    download: bytes('download').notNull(),
    /** Rows of `usage_daily` that were inserted for it, without `(others)`. */
    names: integer('names').notNull().default(0),
    /** Whether there were names without a row of their own: see `daily-names.ts`. */
    hasOthers: boolean('has_others').notNull().default(false),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.day, table.routerId, table.service] }),
    /** For the sums of a few of a tenant's many routers. */
    index('tenant_usage_daily_router').on(table.tenantId, table.routerId, table.day),
  ],
)

export const ledgerEvents = tik.table(
  'ledger_events',
  {
    id: bytes('id').primaryKey().generatedAlwaysAsIdentity(),
    tenantId: text('tenant_id').notNull(),
    routerId: text('router_id').notNull(),
    at: instant('at').notNull(),
    kind: text('kind').notNull(),
    detail: jsonb('detail').notNull(),
  },
  table => [
    index('ledger_events_tenant').on(table.tenantId, table.at),
    index('ledger_events_at').using('brin', table.at),
  ],
)

/** The last known counters of static bindings, which run on from session to session. */
export const bindingCounters = tik.table(
  'binding_counters',
  {
    tenantId: text('tenant_id').notNull(),
    routerId: text('router_id').notNull(),
    service: service(),
    interface: text('interface').notNull(),
    upload: bytes('upload').notNull(),
    download: bytes('download').notNull(),
    doubts: jsonb('doubts'),
  },
  table => [primaryKey({ columns: [table.tenantId, table.routerId, table.service, table.interface] })],
)
