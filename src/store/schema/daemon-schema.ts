import { pgTable, text } from 'drizzle-orm/pg-core'
import { bytes, instant } from './schema.ts'

/** The newest process of each daemon. An older one that finds another here was started from a copy of its disk. */
export const daemons = pgTable('daemons', {
  id: text('id').primaryKey(),
  /** Grows with each start, whoever's. */
  incarnation: bytes('incarnation').notNull().generatedAlwaysAsIdentity(),
  host: text('host').notNull(),
  startedAt: instant('started_at').notNull(),
})
