import { pgTable, text } from 'drizzle-orm/pg-core'
import { bytes, instant } from './schema.ts'

/** The newest process of each daemon. If an older one finds another here, one of them runs on a copy of the disk. */
export const daemons = pgTable('daemons', {
  id: text('id').primaryKey(),
  /** Grows with each start of any daemon. */
  incarnation: bytes('incarnation').notNull().generatedAlwaysAsIdentity(),
  host: text('host').notNull(),
  startedAt: instant('started_at').notNull(),
})
