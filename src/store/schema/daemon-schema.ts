import { sql } from 'drizzle-orm'
import { doublePrecision, integer, primaryKey, text } from 'drizzle-orm/pg-core'
import { bytes, instant, tik } from './columns.ts'

/**
 * The daemons that share the routers, with the newest process of each. If an older one finds another here, one of them
 * runs on a copy of the disk.
 */
export const daemons = tik.table('daemons', {
  id: text('id').primaryKey(),
  /** Grows with each start of any daemon. */
  incarnation: bytes('incarnation').notNull().generatedAlwaysAsIdentity(),
  host: text('host').notNull(),
  startedAt: instant('started_at').notNull(),
  /** What follows is renewed together with its leases. */
  version: text('version'),
  /** How much it should read in proportion to the others. */
  share: doublePrecision('share').notNull().default(1),
  routers: integer('routers').notNull().default(0),
  sessions: bytes('sessions').notNull().default(0),
  /** Changes with its rows in `daemon_lists`. */
  listDigest: text('list_digest').notNull().default(''),
  seenAt: instant('seen_at'),
  /** When the others no longer count on it. */
  expiresAt: instant('expires_at').notNull().default(sql`'-infinity'`),
})

/** The routers of each tenant that a daemon's config lists. */
export const daemonLists = tik.table(
  'daemon_lists',
  {
    daemonId: text('daemon_id')
      .notNull()
      .references(() => daemons.id, { onDelete: 'cascade' }),
    tenantId: text('tenant_id').notNull(),
    /** The same for the same routers. */
    digest: text('digest').notNull(),
    routers: text('routers').array().notNull(),
  },
  table => [primaryKey({ columns: [table.daemonId, table.tenantId] })],
)
